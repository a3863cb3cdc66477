package io.swavbeam.pipelines.kafka;

import io.swavbeam.model.error.KnownIOException;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Patience;
import java.io.IOException;
import java.util.List;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Values;
import org.apache.beam.sdk.transforms.Watch;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * A transform that reads the committed messages of a topic from its beginning. Looks for new
 * partitions every ten seconds.
 */
final class ReadMessages extends PTransform<PBegin, PCollection<Message>> {
  private static final Duration EVERY = Duration.standardSeconds(10);

  private final String servers;
  private final String topic;
  private final Patience patience;

  ReadMessages(String servers, String topic, Patience patience) {
    this.servers = servers;
    this.topic = topic;
    this.patience = patience;
  }

  @Override
  public PCollection<Message> expand(PBegin begin) {
    return begin
        .apply("Topic", Create.of(topic))
        .apply(
            "WatchPartitions",
            Watch.growthOf(new PartitionsFn(servers, patience))
                .withOutputCoder(RecordSchema.coder(MessageSource.class))
                .withPollInterval(EVERY)
                .withTerminationPerInput(Watch.Growth.never()))
        .apply("Partitions", Values.create())
        .apply("ReadPartition", ParDo.of(new ReadPartitionFn(servers, patience)))
        .setCoder(RecordSchema.coder(Message.class));
  }

  private static final class PartitionsFn extends Watch.Growth.PollFn<String, MessageSource> {
    private final String servers;
    private final Patience patience;

    PartitionsFn(String servers, Patience patience) {
      this.servers = servers;
      this.patience = patience;
    }

    @Override
    public Watch.Growth.PollResult<MessageSource> apply(String topic, Context context)
        throws IOException {
      List<MessageSource> partitions = List.of();
      Instant now = Instant.now();
      try (Brokers brokers = Brokers.of(servers)) {
        partitions = brokers.partitions(topic);
        Patience.answered(Brokers.store(servers));
      } catch (KnownIOException | Brokers.BrokerUnavailableException e) {
        patience.failed(Brokers.store(servers), e);
      }
      return Watch.Growth.PollResult.incomplete(now, partitions).withWatermark(now);
    }
  }
}
