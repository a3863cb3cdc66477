package io.swavbeam.pipelines.kafka;

import com.google.auto.value.AutoValue;
import io.swavbeam.pipelines.archive.BytesRef;
import io.swavbeam.pipelines.listing.BatchFiles;
import io.swavbeam.pipelines.listing.LoadedShard;
import io.swavbeam.pipelines.listing.OutputShard;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Patience;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupIntoBatches;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PInput;
import org.apache.beam.sdk.values.POutput;
import org.apache.beam.sdk.values.PValue;
import org.apache.beam.sdk.values.TupleTag;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A transform that reads images from the values of a Kafka topic, from its beginning, or from the
 * position of a restored job. An element is a function of its message, so a repeated message gives
 * the same element. The results are unbounded.
 *
 * <p>The name of an image is the key of its message, or its partition and offset if there is no
 * key.
 *
 * <p><b>Messages.</b> Only committed messages are read. New partitions are detected within ten
 * seconds. A topic that was deleted and created again is a different topic, with another id.
 * Headers are ignored. If a broker does not answer, the transform waits, with a warning in the log
 * once a minute.
 *
 * <p>Metrics (namespace {@value #METRICS}): counters {@code messages}; {@code gone}, messages that
 * the retention of the topic deleted before they were read.
 *
 * <pre>{@code
 * PCollection<KV<String, byte[]>> images =
 *     pipeline.apply("Read", ReadImagesFromKafka.of("localhost:9092", "uploads")).images();
 * EmbedImages.Result<KV<String, Embedding>> result =
 *     images.apply("Embed", EmbedImages.<String>ofBytes("s3://models/flowers/saved_model"));
 * }</pre>
 */
@AutoValue
public abstract class ReadImagesFromKafka extends PTransform<PBegin, ReadImagesFromKafka.Result> {
  /** The namespace of the metrics. */
  public static final String METRICS = "ReadImagesFromKafka";

  /** The images. */
  public static final class Result implements POutput {
    private final PCollection<OutputShard> shards;
    private String transform = "ReadImagesFromKafka";
    private @Nullable PCollection<KV<String, byte[]>> images;

    private Result(PCollection<OutputShard> shards) {
      this.shards = shards;
    }

    /** Returns the names and the bytes of the images. */
    public PCollection<KV<String, byte[]>> images() {
      if (images == null) {
        images =
            shards
                .apply(transform + ".Images", ParDo.of(new ImagesFn()))
                .setCoder(KvCoder.of(StringUtf8Coder.of(), ByteArrayCoder.of()));
      }
      return images;
    }

    /** Returns the images in groups, as {@code EmbeddingRun} embeds them. */
    @Internal
    public PCollection<OutputShard> shards() {
      return shards;
    }

    @Override
    public Pipeline getPipeline() {
      return shards.getPipeline();
    }

    @Override
    public Map<TupleTag<?>, PValue> expand() {
      return shards.expand();
    }

    @Override
    public void finishSpecifyingOutput(
        String transformName, PInput input, PTransform<?, ?> transform) {
      this.transform = transformName;
    }
  }

  private static final class ImagesFn extends DoFn<OutputShard, KV<String, byte[]>> {
    @ProcessElement
    public void process(@Element OutputShard shard, OutputReceiver<KV<String, byte[]>> output)
        throws IOException {
      LoadedShard loaded = shard.load();
      for (int i = 0; i < loaded.images().size(); i++) {
        output.output(KV.of(loaded.images().get(i).name(), loaded.content(i)));
      }
    }
  }

  abstract String servers();

  abstract String topic();

  abstract Duration maxBatchDuration();

  abstract Patience patience();

  abstract Builder toBuilder();

  @AutoValue.Builder
  abstract static class Builder {
    abstract Builder setServers(String servers);

    abstract Builder setTopic(String topic);

    abstract Builder setMaxBatchDuration(Duration duration);

    abstract Builder setPatience(Patience patience);

    abstract ReadImagesFromKafka build();
  }

  /**
   * Reads a topic.
   *
   * @param servers the addresses of brokers, {@code host:port}, separated by commas
   */
  public static ReadImagesFromKafka of(String servers, String topic) {
    if (servers.isEmpty() || topic.isEmpty()) {
      throw new IllegalArgumentException("Kafka needs servers and a topic");
    }
    return new AutoValue_ReadImagesFromKafka.Builder()
        .setServers(servers)
        .setTopic(topic)
        .setMaxBatchDuration(BatchFiles.MAX_DURATION)
        .setPatience(Patience.ENDLESS)
        .build();
  }

  /**
   * Sets how long an image waits at most for others to be grouped with. The default is 5 seconds.
   */
  public ReadImagesFromKafka withMaxBatchDuration(Duration duration) {
    return toBuilder().setMaxBatchDuration(duration).build();
  }

  /**
   * Sets after which time the pipeline fails if the brokers do not answer. By default it waits
   * forever.
   *
   * @param duration the time; zero to wait forever
   */
  public ReadImagesFromKafka withGiveUpAfter(Duration duration) {
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
  public Result expand(PBegin begin) {
    return new Result(
        begin
            .apply("ReadImages", new ReadMessages(servers(), topic(), patience()))
            .apply("Name", ParDo.of(new ReceiveFn()))
            .setCoder(KvCoder.of(VarIntCoder.of(), RecordSchema.coder(Received.class)))
            .apply(
                "Batch",
                GroupIntoBatches.<Integer, Received>ofSize(OutputShardFn.MAX_SIZE)
                    .withMaxBufferingDuration(
                        org.joda.time.Duration.millis(maxBatchDuration().toMillis())))
            .apply("ToOutputShards", ParDo.of(new OutputShardFn()))
            .setCoder(RecordSchema.coder(OutputShard.class)));
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Received(BytesRef ref, byte[] bytes) implements Serializable {}

  private static final class ReceiveFn extends DoFn<Message, KV<Integer, Received>> {
    private static final int NUM_SHARDS = 4;

    private final Counter messages = Metrics.counter(METRICS, "messages");

    @ProcessElement
    public void process(@Element Message message, OutputReceiver<KV<Integer, Received>> output) {
      messages.inc();
      String source = message.source().uri();
      BytesRef ref = new BytesRef(source, message.offset(), message.bytes().length, message.name());
      output.output(
          KV.of(
              ThreadLocalRandom.current().nextInt(NUM_SHARDS), new Received(ref, message.bytes())));
    }
  }

  private static final class OutputShardFn
      extends DoFn<KV<Integer, Iterable<Received>>, OutputShard> {
    // The bytes of all images of a group are in memory.
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
          new OutputShard.Received(
              shard.stream().map(Received::ref).toList(),
              shard.stream().map(Received::bytes).toList()));
    }
  }
}
