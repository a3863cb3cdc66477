package io.swavbeam.pipelines.deadletter;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * A transform that writes the dead letters of a bounded input to one file, {@code archives.jsonl}.
 * It replaces the file of an earlier run, because each run lists unreadable files again. There is
 * no file if there are no letters.
 */
public final class WriteDeadLetters extends PTransform<PCollection<DeadLetter>, PDone> {
  /** The name of the file. */
  public static final String ARCHIVES = "archives";

  private final Folder folder;

  /**
   * @param folder the folder of dead letters
   */
  public WriteDeadLetters(Folder folder) {
    this.folder = folder;
  }

  @Override
  public PDone expand(PCollection<DeadLetter> letters) {
    letters
        .apply(
            "ToOnePlace",
            WithKeys.<String, DeadLetter>of(ARCHIVES).withKeyType(TypeDescriptors.strings()))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), RecordSchema.coder(DeadLetter.class)))
        .apply("Gather", GroupByKey.create())
        .apply("Write", ParDo.of(new WriteFn(folder)));
    return PDone.in(letters.getPipeline());
  }

  private static final class WriteFn extends DoFn<KV<String, Iterable<DeadLetter>>, Void> {
    private final Folder folder;

    WriteFn(Folder folder) {
      this.folder = folder;
    }

    @ProcessElement
    public void process(@Element KV<String, Iterable<DeadLetter>> letters) throws IOException {
      DeadLetterFiles.replace(folder, letters.getKey(), letters.getValue());
    }
  }
}
