package io.swavbeam.pipelines.listing;

import io.swavbeam.pipelines.input.InputFile;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.schema.RecordSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

/** The files that match patterns, and those that come later: each once, by its name. */
final class WatchFiles extends PTransform<PBegin, PCollection<InputFile>> {
  private final List<InputFiles.Glob> globs;
  private final Duration every;

  WatchFiles(List<InputFiles.Glob> globs, Duration every) {
    this.globs = globs;
    this.every = every;
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
                      .continuously(
                          org.joda.time.Duration.millis(every.toMillis()), Watch.Growth.never()))
              .apply("Name" + i, ParDo.of(new NameFn(glob)))
              .setCoder(RecordSchema.coder(InputFile.class)));
    }
    return PCollectionList.of(found).apply("All", Flatten.pCollections());
  }

  private static final class NameFn extends DoFn<MatchResult.Metadata, InputFile> {
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
