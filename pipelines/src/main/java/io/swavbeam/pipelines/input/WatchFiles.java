package io.swavbeam.pipelines.input;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.io.FileIO;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Watch;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.joda.time.Duration;

/**
 * The files that are in folders, or match patterns, and those that come later: each once, by its
 * name. A file has to come whole: written elsewhere, then moved there.
 */
public final class WatchFiles extends PTransform<PBegin, PCollection<InputFile>> {
  private final List<InputFiles.Glob> globs;
  private final int everySeconds;

  private WatchFiles(List<InputFiles.Glob> globs, int everySeconds) {
    this.globs = globs;
    this.everySeconds = everySeconds;
  }

  /**
   * Watches.
   *
   * @param inputs folders, with all below them, or patterns
   * @param everySeconds between two looks
   * @throws InputException in one line, where a folder does not exist
   */
  public static WatchFiles in(List<String> inputs, int everySeconds) throws IOException {
    List<InputFiles.Glob> globs = new ArrayList<>();
    for (String input : inputs) {
      globs.add(InputFiles.watched(input));
    }
    return new WatchFiles(globs, everySeconds);
  }

  @Override
  public PCollection<InputFile> expand(PBegin begin) {
    List<PCollection<InputFile>> found = new ArrayList<>();
    for (int i = 0; i < globs.size(); i++) {
      InputFiles.Glob glob = globs.get(i);
      found.add(
          begin
              .apply(
                  "Match" + i,
                  FileIO.match()
                      .filepattern(glob.pattern())
                      .continuously(Duration.standardSeconds(everySeconds), Watch.Growth.never()))
              .apply("Name" + i, ParDo.of(new NameFn(glob)))
              .setCoder(SerializableCoder.of(InputFile.class)));
    }
    return PCollectionList.of(found).apply("All", Flatten.pCollections());
  }

  static final class NameFn extends DoFn<MatchResult.Metadata, InputFile> {
    private final InputFiles.Glob glob;

    NameFn(InputFiles.Glob glob) {
      this.glob = glob;
    }

    @ProcessElement
    public void process(@Element MatchResult.Metadata match, OutputReceiver<InputFile> output) {
      if (!match.resourceId().isDirectory()) {
        output.output(glob.file(match));
      }
    }
  }
}
