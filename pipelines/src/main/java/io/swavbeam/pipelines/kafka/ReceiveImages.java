package io.swavbeam.pipelines.kafka;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.input.InputFile;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.listing.ImageSlice;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.io.kafka.KafkaIO;
import org.apache.beam.sdk.io.kafka.KafkaRecord;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupIntoBatches;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.joda.time.Duration;

/**
 * Images that come through a topic of Kafka, from its beginning, and from where a restored job
 * stands: as references, or as bytes. An element is a function of its message, so one that comes
 * again is the same.
 */
public final class ReceiveImages {
  /** Files that messages name, archives too. */
  public static final TupleTag<InputFile> FILES = new TupleTag<>() {};

  /** Messages that name no file. */
  public static final TupleTag<DeadLetter> DEAD_LETTERS = new TupleTag<>() {};

  private ReceiveImages() {}

  private static KafkaIO.Read<byte[], byte[]> topic(String servers, String topic) {
    return KafkaIO.<byte[], byte[]>read()
        .withBootstrapServers(servers)
        .withTopic(topic)
        .withKeyDeserializer(ByteArrayDeserializer.class)
        .withValueDeserializer(ByteArrayDeserializer.class)
        .withConsumerConfigUpdates(Map.of("auto.offset.reset", "earliest"));
  }

  /**
   * Messages whose values are paths or URIs of files, in UTF-8.
   *
   * @param servers of Kafka, {@code host:port} and more of them after commas
   */
  public static PCollectionTuple references(PBegin begin, String servers, String topic) {
    PCollectionTuple files =
        begin
            .apply("ReadReferences", topic(servers, topic))
            .apply(
                "Find",
                ParDo.of(new FindFn()).withOutputTags(FILES, TupleTagList.of(DEAD_LETTERS)));
    files.get(FILES).setCoder(SerializableCoder.of(InputFile.class));
    files.get(DEAD_LETTERS).setCoder(SerializableCoder.of(DeadLetter.class));
    return files;
  }

  static final class FindFn extends DoFn<KafkaRecord<byte[], byte[]>, InputFile> {
    @ProcessElement
    public void process(@Element KafkaRecord<byte[], byte[]> message, MultiOutputReceiver output) {
      String uri = text(message.getKV().getValue()).strip();
      try {
        output.get(FILES).output(InputFiles.named(uri));
      } catch (IOException e) {
        output
            .get(DEAD_LETTERS)
            .output(new DeadLetter(source(message), uri, "list", Archives.describe(e)));
      }
    }
  }

  /**
   * Messages whose values are whole images and whose keys are their names; a message without a key
   * is named by its place.
   *
   * @param servers of Kafka, {@code host:port} and more of them after commas
   * @param seconds that an image waits for company at most
   */
  public static PCollection<ImageSlice> images(
      PBegin begin, String servers, String topic, int seconds) {
    return begin
        .apply("ReadImages", topic(servers, topic))
        .apply("Name", ParDo.of(new ReceiveFn()))
        .setCoder(KvCoder.of(VarIntCoder.of(), SerializableCoder.of(Received.class)))
        .apply(
            "Gather",
            GroupIntoBatches.<Integer, Received>ofSize(SliceFn.LARGEST)
                .withMaxBufferingDuration(Duration.standardSeconds(seconds)))
        .apply("Slice", ParDo.of(new SliceFn()))
        .setCoder(SerializableCoder.of(ImageSlice.class));
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Received(ImageRef ref, byte[] bytes) implements Serializable {}

  static final class ReceiveFn extends DoFn<KafkaRecord<byte[], byte[]>, KV<Integer, Received>> {
    private static final int PLACES = 4;

    @ProcessElement
    public void process(
        @Element KafkaRecord<byte[], byte[]> message,
        OutputReceiver<KV<Integer, Received>> output) {
      byte[] bytes = message.getKV().getValue();
      byte[] key = message.getKV().getKey();
      String place = "%d-%d".formatted(message.getPartition(), message.getOffset());
      ImageRef ref =
          ImageRef.stored(
              "%s/%d".formatted(source(message), message.getPartition()),
              message.getOffset(),
              new Location(source(message)),
              0,
              bytes == null ? 0 : bytes.length,
              ImageEncoding.FILE,
              key == null ? place : text(key),
              null);
      output.output(
          KV.of(
              ThreadLocalRandom.current().nextInt(PLACES),
              new Received(ref, bytes == null ? new byte[0] : bytes)));
    }
  }

  static final class SliceFn extends DoFn<KV<Integer, Iterable<Received>>, ImageSlice> {
    // Their bytes are in memory.
    static final int LARGEST = 256;

    @ProcessElement
    public void process(
        @Element KV<Integer, Iterable<Received>> images, OutputReceiver<ImageSlice> output) {
      List<Received> slice = new ArrayList<>();
      images.getValue().forEach(slice::add);
      slice.sort(
          Comparator.comparing((Received received) -> received.ref().source())
              .thenComparing(received -> received.ref().position()));
      output.output(
          new ImageSlice(
              slice.stream().map(Received::ref).toList(),
              slice.stream().map(Received::bytes).toList()));
    }
  }

  private static String source(KafkaRecord<byte[], byte[]> message) {
    return "kafka://" + message.getTopic();
  }

  private static String text(byte[] bytes) {
    return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
  }
}
