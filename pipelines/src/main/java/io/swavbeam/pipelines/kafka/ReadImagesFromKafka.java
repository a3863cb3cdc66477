package io.swavbeam.pipelines.kafka;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.LabelSource;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.input.InputFile;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.listing.BatchFiles;
import io.swavbeam.pipelines.listing.ListFiles;
import io.swavbeam.pipelines.listing.ListImages;
import io.swavbeam.pipelines.listing.OutputShard;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.io.kafka.KafkaIO;
import org.apache.beam.sdk.io.kafka.KafkaRecord;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupIntoBatches;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Lists the images that come through a topic of Kafka, from its beginning, and from where a
 * restored job stands. An element is a function of its message, so one that comes again is the
 * same. The results are unbounded, and have the tags of {@link ListImages}.
 *
 * <pre>{@code
 * PCollectionTuple listed =
 *     pipeline.apply("Read", ReadImagesFromKafka.references("localhost:9092", "uploads"));
 * }</pre>
 */
@AutoValue
public abstract class ReadImagesFromKafka extends PTransform<PBegin, PCollectionTuple> {
  /** What the messages of a topic hold. */
  enum Messages {
    REFERENCES,
    IMAGES
  }

  abstract Messages messages();

  abstract String servers();

  abstract String topic();

  abstract Duration maxBatchDuration();

  abstract ImageLimits limits();

  abstract SampleFields fields();

  /**
   * Messages whose values are paths or URIs of images or archives, in UTF-8.
   *
   * @param servers of Kafka, {@code host:port} and more of them after commas
   */
  public static ReadImagesFromKafka references(String servers, String topic) {
    return of(Messages.REFERENCES, servers, topic);
  }

  /**
   * Messages whose values are whole images and whose keys are their names; a message without a key
   * is named by its partition and offset. The images are in {@link ListImages#SHARDS} with their
   * bytes, and in {@link ListImages#IMAGES} none.
   *
   * @param servers of Kafka, {@code host:port} and more of them after commas
   */
  public static ReadImagesFromKafka images(String servers, String topic) {
    return of(Messages.IMAGES, servers, topic);
  }

  private static ReadImagesFromKafka of(Messages messages, String servers, String topic) {
    if (servers.isEmpty() || topic.isEmpty()) {
      throw new IllegalArgumentException("Kafka needs servers and a topic");
    }
    return new AutoValue_ReadImagesFromKafka(
        messages,
        servers,
        topic,
        BatchFiles.MAX_DURATION,
        ImageLimits.DEFAULT,
        SampleFields.DEFAULT);
  }

  /**
   * How long an image waits for others to share an output shard with; five seconds without this.
   */
  public ReadImagesFromKafka withMaxBatchDuration(Duration duration) {
    return new AutoValue_ReadImagesFromKafka(
        messages(), servers(), topic(), duration, limits(), fields());
  }

  /** Other limits on images: those beyond them are dead letters. */
  public ReadImagesFromKafka withLimits(ImageLimits limits) {
    return new AutoValue_ReadImagesFromKafka(
        messages(), servers(), topic(), maxBatchDuration(), limits, fields());
  }

  /** Where labels stand beside images in a tar, as {@link ListImages#withLabels}. */
  public ReadImagesFromKafka withLabels(String labels) {
    return withFields(fields().withLabel(LabelSource.parse(labels)));
  }

  /** The columns of Parquet files, as {@link ListImages#withColumns}. */
  public ReadImagesFromKafka withColumns(@Nullable String image, @Nullable String label) {
    return withFields(fields().withColumns(image, label));
  }

  private ReadImagesFromKafka withFields(SampleFields fields) {
    return new AutoValue_ReadImagesFromKafka(
        messages(), servers(), topic(), maxBatchDuration(), limits(), fields);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder
        .add(DisplayData.item("servers", servers()).withLabel("Servers"))
        .add(DisplayData.item("topic", topic()).withLabel("Topic"))
        .add(DisplayData.item("messages", messages().name()).withLabel("Messages hold"));
  }

  @Override
  public PCollectionTuple expand(PBegin begin) {
    return messages() == Messages.REFERENCES ? references(begin) : images(begin);
  }

  private static KafkaIO.Read<byte[], byte[]> topic(String servers, String topic) {
    return KafkaIO.<byte[], byte[]>read()
        .withBootstrapServers(servers)
        .withTopic(topic)
        .withKeyDeserializer(ByteArrayDeserializer.class)
        .withValueDeserializer(ByteArrayDeserializer.class)
        .withConsumerConfigUpdates(Map.of("auto.offset.reset", "earliest"));
  }

  private PCollectionTuple references(PBegin begin) {
    TupleTag<InputFile> files = new TupleTag<>() {};
    PCollectionTuple found =
        begin
            .apply("ReadReferences", topic(servers(), topic()))
            .apply(
                "FindFiles",
                ParDo.of(new FindFileFn(files))
                    .withOutputTags(files, TupleTagList.of(ListImages.DEAD_LETTERS)));
    PCollectionTuple listed =
        found
            .get(files)
            .setCoder(RecordSchema.coder(InputFile.class))
            .apply("BatchFiles", new BatchFiles(maxBatchDuration()))
            .apply("ListFiles", ListFiles.of(limits(), fields(), ListImages.Tally.NONE));
    return ListFiles.with(found.get(ListImages.DEAD_LETTERS), listed);
  }

  private static final class FindFileFn extends DoFn<KafkaRecord<byte[], byte[]>, InputFile> {
    private final TupleTag<InputFile> files;

    FindFileFn(TupleTag<InputFile> files) {
      this.files = files;
    }

    @ProcessElement
    public void process(@Element KafkaRecord<byte[], byte[]> message, MultiOutputReceiver output) {
      String uri = text(message.getKV().getValue()).strip();
      try {
        output.get(files).output(InputFiles.named(uri));
      } catch (IOException e) {
        output
            .get(ListImages.DEAD_LETTERS)
            .output(new DeadLetter(source(message), uri, "list", Archives.describe(e)));
      }
    }
  }

  private PCollectionTuple images(PBegin begin) {
    PCollection<OutputShard> shards =
        begin
            .apply("ReadImages", topic(servers(), topic()))
            .apply("Name", ParDo.of(new ReceiveFn()))
            .setCoder(KvCoder.of(VarIntCoder.of(), RecordSchema.coder(Received.class)))
            .apply(
                "Batch",
                GroupIntoBatches.<Integer, Received>ofSize(OutputShardFn.MAX_SIZE)
                    .withMaxBufferingDuration(
                        org.joda.time.Duration.millis(maxBatchDuration().toMillis())))
            .apply("ToOutputShards", ParDo.of(new OutputShardFn()))
            .setCoder(RecordSchema.coder(OutputShard.class));
    return PCollectionTuple.of(ListImages.SHARDS, shards);
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Received(ImageRef ref, byte[] bytes) implements Serializable {}

  private static final class ReceiveFn
      extends DoFn<KafkaRecord<byte[], byte[]>, KV<Integer, Received>> {
    private static final int NUM_SHARDS = 4;

    @ProcessElement
    public void process(
        @Element KafkaRecord<byte[], byte[]> message,
        OutputReceiver<KV<Integer, Received>> output) {
      byte[] bytes = message.getKV().getValue();
      byte[] key = message.getKV().getKey();
      String name = "%d-%d".formatted(message.getPartition(), message.getOffset());
      ImageRef ref =
          ImageRef.stored(
              "%s/%d".formatted(source(message), message.getPartition()),
              message.getOffset(),
              new Location(source(message)),
              0,
              bytes == null ? 0 : bytes.length,
              ImageEncoding.FILE,
              key == null ? name : text(key),
              null);
      output.output(
          KV.of(
              ThreadLocalRandom.current().nextInt(NUM_SHARDS),
              new Received(ref, bytes == null ? new byte[0] : bytes)));
    }
  }

  private static final class OutputShardFn
      extends DoFn<KV<Integer, Iterable<Received>>, OutputShard> {
    // Their bytes are in memory.
    static final int MAX_SIZE = 256;

    @ProcessElement
    public void process(
        @Element KV<Integer, Iterable<Received>> images, OutputReceiver<OutputShard> output) {
      List<Received> shard = new ArrayList<>();
      images.getValue().forEach(shard::add);
      shard.sort(
          Comparator.comparing((Received received) -> received.ref().source())
              .thenComparing(received -> received.ref().position()));
      output.output(
          new OutputShard(
              shard.stream().map(Received::ref).toList(),
              shard.stream().map(Received::bytes).toList()));
    }
  }

  private static String source(KafkaRecord<byte[], byte[]> message) {
    return "kafka://" + message.getTopic();
  }

  private static String text(byte[] bytes) {
    return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
  }
}
