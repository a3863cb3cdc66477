package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.image.DeadLetter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.util.MimeTypes;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;
import org.apache.beam.sdk.values.TypeDescriptors;

/** Writes bounded dead letters as JSON lines in one file; no file where there are none. */
public final class WriteDeadLetters extends PTransform<PCollection<DeadLetter>, PDone> {
  private final String folder;

  /**
   * @param folder to write into, on any of Beam's file systems
   */
  public WriteDeadLetters(String folder) {
    this.folder = folder;
  }

  @Override
  public PDone expand(PCollection<DeadLetter> letters) {
    letters
        .apply(
            "ToOnePlace",
            WithKeys.<Integer, DeadLetter>of(0).withKeyType(TypeDescriptors.integers()))
        .apply("Gather", GroupByKey.create())
        .apply("Write", ParDo.of(new WriteFn(folder)));
    return PDone.in(letters.getPipeline());
  }

  static final class WriteFn extends DoFn<KV<Integer, Iterable<DeadLetter>>, Void> {
    private final String folder;

    WriteFn(String folder) {
      this.folder = folder;
    }

    @ProcessElement
    public void process(@Element KV<Integer, Iterable<DeadLetter>> letters) throws IOException {
      ResourceId unfinished = file(".temporary-" + UUID.randomUUID());
      try (PrintWriter writer =
          new PrintWriter(
              Channels.newWriter(
                  FileSystems.create(unfinished, MimeTypes.TEXT), StandardCharsets.UTF_8))) {
        letters.getValue().forEach(letter -> writer.println(letter.toJson()));
        if (writer.checkError()) {
          throw new IOException("the dead letters cannot be written to " + unfinished);
        }
      }
      FileSystems.rename(List.of(unfinished), List.of(file("images.jsonl")));
    }

    private ResourceId file(String name) {
      return FileSystems.matchNewResource(folder, true)
          .resolve(name, StandardResolveOptions.RESOLVE_FILE);
    }
  }
}
