package io.swavbeam.pipelines.output;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.coders.IterableCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollection.IsBounded;
import org.apache.beam.sdk.values.PDone;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * Writes dead letters as JSON lines. Bounded ones in one file, {@code archives.jsonl}, which
 * replaces that of an earlier run: what could not be listed is tried again in each. Unbounded ones
 * in a file each, since they are few and nobody is to wait for more. No file if there are none.
 */
@Internal
public final class WriteDeadLetters extends PTransform<PCollection<DeadLetter>, PDone> {
  private final Folder folder;

  /**
   * @param folder to write into
   */
  public WriteDeadLetters(Folder folder) {
    this.folder = folder;
  }

  @Override
  public PDone expand(PCollection<DeadLetter> letters) {
    PCollection<KV<String, Iterable<DeadLetter>>> files =
        letters.isBounded() == IsBounded.BOUNDED
            ? letters
                .apply(
                    "ToOnePlace",
                    WithKeys.<String, DeadLetter>of("archives")
                        .withKeyType(TypeDescriptors.strings()))
                .apply("Gather", GroupByKey.create())
            : letters.apply("Each", ParDo.of(new OneLetterFn()));
    files
        .setCoder(
            KvCoder.of(
                StringUtf8Coder.of(), IterableCoder.of(RecordSchema.coder(DeadLetter.class))))
        .apply("Write", ParDo.of(new WriteFn(folder)));
    return PDone.in(letters.getPipeline());
  }

  /** Equal letters get equal names, so that an attempt that is repeated writes no second one. */
  static final class OneLetterFn extends DoFn<DeadLetter, KV<String, Iterable<DeadLetter>>> {
    @ProcessElement
    public void process(
        @Element DeadLetter letter, OutputReceiver<KV<String, Iterable<DeadLetter>>> output) {
      UUID name = UUID.nameUUIDFromBytes(letter.toJson().getBytes(StandardCharsets.UTF_8));
      output.output(KV.of(name.toString(), List.of(letter)));
    }
  }

  static final class WriteFn extends DoFn<KV<String, Iterable<DeadLetter>>, Void> {
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
