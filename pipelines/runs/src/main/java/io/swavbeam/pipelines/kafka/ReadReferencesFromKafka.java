package io.swavbeam.pipelines.kafka;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.signature.FileSignature;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.deadletter.DeadLetterFiles;
import io.swavbeam.pipelines.deadletter.ElementLetters;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.listing.BatchFiles;
import io.swavbeam.pipelines.listing.ListFiles;
import io.swavbeam.pipelines.listing.ListImages;
import io.swavbeam.pipelines.listing.TakeFiles;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.PassingErrors;
import io.swavbeam.pipelines.storage.Patience;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A transform that lists the images whose paths or URIs are the values of a Kafka topic, from its
 * beginning, or from the position of a restored job. The results are unbounded.
 *
 * <p><b>Messages.</b> Only committed messages are read. New partitions are detected within ten
 * seconds. A topic that was deleted and created again is a different topic, with another id.
 * Headers are ignored.
 *
 * <p><b>Failures.</b> A message without a value is a dead letter. So is a message whose text is not
 * a valid name, or whose file does not exist or contains no image. If a broker or a store does not
 * answer, the transform waits, with a warning in the log once a minute.
 *
 * <p>Metrics (namespace {@value ReadImagesFromKafka#METRICS}): counters {@code messages}; {@code
 * imageMessages}, messages with an image where a reference was expected; {@code gone}, messages
 * that the retention of the topic deleted before they were read.
 *
 * <pre>{@code
 * ListImages.Result result =
 *     pipeline.apply("Read", ReadReferencesFromKafka.of("localhost:9092", "uploads"));
 * }</pre>
 */
@AutoValue
public abstract class ReadReferencesFromKafka extends PTransform<PBegin, ListImages.Result> {
  /** The largest number of characters of a reference in its dead letter. */
  private static final int MAX_NAME = 200;

  abstract String servers();

  abstract String topic();

  abstract Duration maxBatchDuration();

  abstract ImageLimits limits();

  abstract SampleFields fields();

  abstract @Nullable Folder output();

  abstract Patience patience();

  abstract Builder toBuilder();

  @AutoValue.Builder
  abstract static class Builder {
    abstract Builder setServers(String servers);

    abstract Builder setTopic(String topic);

    abstract Builder setMaxBatchDuration(Duration duration);

    abstract Builder setLimits(ImageLimits limits);

    abstract Builder setFields(SampleFields fields);

    abstract Builder setOutput(@Nullable Folder output);

    abstract Builder setPatience(Patience patience);

    abstract ReadReferencesFromKafka build();
  }

  /**
   * Reads a topic whose values are paths or URIs of images or archives, in UTF-8.
   *
   * @param servers the addresses of brokers, {@code host:port}, separated by commas
   */
  public static ReadReferencesFromKafka of(String servers, String topic) {
    if (servers.isEmpty() || topic.isEmpty()) {
      throw new IllegalArgumentException("Kafka needs servers and a topic");
    }
    return new AutoValue_ReadReferencesFromKafka.Builder()
        .setServers(servers)
        .setTopic(topic)
        .setMaxBatchDuration(BatchFiles.MAX_DURATION)
        .setLimits(ImageLimits.DEFAULT)
        .setFields(SampleFields.DEFAULT)
        .setPatience(Patience.ENDLESS)
        .build();
  }

  /**
   * Sets how long an image waits at most for others to share an output shard with. The default is 5
   * seconds.
   */
  public ReadReferencesFromKafka withMaxBatchDuration(Duration duration) {
    return toBuilder().setMaxBatchDuration(duration).build();
  }

  /** Sets limits on images. Larger images are dead letters. */
  public ReadReferencesFromKafka withLimits(ImageLimits limits) {
    return toBuilder().setLimits(limits).build();
  }

  /** Sets the fields of samples in archives that are read, as {@link ListImages#withFields}. */
  public ReadReferencesFromKafka withFields(SampleFields fields) {
    return toBuilder().setFields(fields).build();
  }

  /**
   * Sets the folder that {@code EmbeddingRun} writes to. If a changed file is referred to again and
   * has a dead letter there, it is listed again.
   */
  public ReadReferencesFromKafka withOutput(Folder folder) {
    return toBuilder().setOutput(folder).build();
  }

  /**
   * Sets after which time the pipeline fails if the brokers or a store do not answer. By default it
   * waits forever.
   *
   * @param duration the time; zero to wait forever
   */
  public ReadReferencesFromKafka withGiveUpAfter(Duration duration) {
    return toBuilder().setPatience(new Patience(duration)).build();
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder
        .add(DisplayData.item("servers", servers()).withLabel("Servers"))
        .add(DisplayData.item("topic", topic()).withLabel("Topic"));
  }

  @Override
  public ListImages.Result expand(PBegin begin) {
    TupleTag<InputFile> files = new TupleTag<>() {};
    TupleTag<ElementLetters> letters = new TupleTag<>() {};
    PCollectionTuple found =
        begin
            .apply("ReadReferences", new ReadMessages(servers(), topic(), patience()))
            .apply(
                "FindFiles",
                ParDo.of(new FindFileFn(files, letters, patience()))
                    .withOutputTags(files, TupleTagList.of(letters)));
    return found
        .get(files)
        .setCoder(RecordSchema.coder(InputFile.class))
        .apply("TakeFiles", new TakeFiles(Duration.ZERO, DeadLetterFiles.of(output()), patience()))
        .apply("BatchFiles", new BatchFiles(maxBatchDuration()))
        .apply("ListFiles", ListFiles.of(limits(), fields()).ofStream(patience()).ofNamedFiles())
        .with(found.get(letters));
  }

  private static final class FindFileFn extends DoFn<Message, InputFile> {
    private final TupleTag<InputFile> files;
    private final TupleTag<ElementLetters> lettersTag;
    private final Patience patience;
    private final Counter messages = Metrics.counter(ReadImagesFromKafka.METRICS, "messages");
    private final Counter images = Metrics.counter(ReadImagesFromKafka.METRICS, "imageMessages");

    FindFileFn(TupleTag<InputFile> files, TupleTag<ElementLetters> lettersTag, Patience patience) {
      this.files = files;
      this.lettersTag = lettersTag;
      this.patience = patience;
    }

    @ProcessElement
    public void process(@Element Message message, MultiOutputReceiver output) throws IOException {
      messages.inc();
      List<DeadLetter> letters = new ArrayList<>();
      if (isImage(message.bytes())) {
        images.inc();
        letters.add(
            letter(
                message,
                message.name(),
                ErrorKind.IMAGE_IN_MESSAGE,
                "the message holds an image where a path or URI was expected"));
      } else {
        String uri = Message.text(message.bytes()).strip();
        try {
          if (uri.isEmpty()) {
            throw new FileNotFoundException(
                message.value() == null ? "the message has no value" : "the message is empty");
          }
          output.get(files).output(patience.outlast(() -> InputFiles.named(uri)));
        } catch (IOException e) {
          letters.add(letter(message, shortened(uri), PassingErrors.kind(e), shortened(why(e))));
        }
      }
      output
          .get(lettersTag)
          .output(new ElementLetters(message.source().uri(), message.offset(), letters));
    }

    private static String why(IOException e) {
      return e instanceof FileNotFoundException ? e.getMessage() : PassingErrors.describe(e);
    }

    private static boolean isImage(byte[] value) {
      return FileSignature.of(value)
          .map(FileSignature::kind)
          .filter(Set.of(FileSignature.Kind.IMAGE, FileSignature.Kind.UNREAD_IMAGE)::contains)
          .isPresent();
    }

    private static DeadLetter letter(Message message, String name, ErrorKind kind, String error) {
      return new DeadLetter(message.source().uri(), name, "list", error, message.offset(), kind);
    }

    private static String shortened(String text) {
      return text.length() <= MAX_NAME ? text : text.substring(0, MAX_NAME) + "...";
    }
  }
}
