package io.swavbeam.pipelines.kafka;

import io.swavbeam.pipelines.storage.Patience;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.beam.sdk.io.range.OffsetRange;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.DoFn.UnboundedPerElement;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.transforms.splittabledofn.WatermarkEstimators;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A function that reads the committed messages of a partition, from the first available one,
 * without end. Its restriction is the range of offsets. So a restored job continues after the last
 * message whose results are in its state.
 *
 * <p>This is used instead of {@code KafkaIO}. {@code KafkaIO} does not notice that a topic was
 * deleted and created again, skips deleted messages silently, and fails if no broker answers.
 *
 * <p>Each instance has a consumer, which reads one partition at a time.
 */
@UnboundedPerElement
final class ReadPartitionFn extends DoFn<MessageSource, Message> {
  private static final Logger LOG = LoggerFactory.getLogger(ReadPartitionFn.class);

  /** The number of messages until another partition is read, or a checkpoint is possible. */
  private static final int MAX_MESSAGES = 2_000;

  private static final long MAX_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final java.time.Duration POLL = java.time.Duration.ofSeconds(1);

  /** The pause at the end of a partition. */
  private static final Duration PAUSE = Duration.millis(500);

  private static final Duration PAUSE_AFTER_FAILURE = Duration.standardSeconds(5);

  private final String servers;
  private final Patience patience;
  private final Counter gone = Metrics.counter(ReadImagesFromKafka.METRICS, "gone");

  private transient @Nullable Consumer<byte[], byte[]> consumer;
  private transient @Nullable Brokers brokers;

  ReadPartitionFn(String servers, Patience patience) {
    this.servers = servers;
    this.patience = patience;
  }

  private Consumer<byte[], byte[]> consumer() {
    if (consumer == null) {
      consumer = Brokers.consumer(servers);
    }
    return consumer;
  }

  private Brokers brokers() throws IOException {
    if (brokers == null) {
      brokers = Brokers.of(servers);
    }
    return brokers;
  }

  @GetInitialRestriction
  public OffsetRange fromTheBeginning(@Element MessageSource source) throws IOException {
    TopicPartition partition = Brokers.partition(source);
    while (true) {
      try {
        return new OffsetRange(
            brokers().isCurrent(source)
                ? consumer().beginningOffsets(List.of(partition)).get(partition)
                : 0,
            Long.MAX_VALUE);
      } catch (KafkaException e) {
        unavailable(Brokers.failure(servers, e));
      } catch (Brokers.BrokerUnavailableException e) {
        unavailable(e);
      }
      Patience.pause();
    }
  }

  /** Records a temporary error, and throws any other error. */
  private void unavailable(IOException e) throws IOException {
    if (!(e instanceof Brokers.BrokerUnavailableException)) {
      throw e;
    }
    patience.failed(Brokers.store(servers), e);
  }

  @GetInitialWatermarkEstimatorState
  public Instant initialWatermark(@Timestamp Instant found) {
    return found;
  }

  @NewWatermarkEstimator
  public WatermarkEstimators.WallTime watermarkEstimator(@WatermarkEstimatorState Instant state) {
    return new WatermarkEstimators.WallTime(state);
  }

  @ProcessElement
  public ProcessContinuation process(
      @Element MessageSource source,
      RestrictionTracker<OffsetRange, Long> tracker,
      OutputReceiver<Message> output)
      throws IOException {
    try {
      ProcessContinuation next = read(source, tracker, output);
      Patience.answered(Brokers.store(servers));
      return next;
    } catch (OffsetOutOfRangeException e) {
      return ProcessContinuation.resume(); // messages were just deleted
    } catch (KafkaException e) {
      unavailable(Brokers.failure(servers, e));
    } catch (Brokers.BrokerUnavailableException e) {
      unavailable(e);
    }
    return ProcessContinuation.resume().withResumeDelay(PAUSE_AFTER_FAILURE);
  }

  private ProcessContinuation read(
      MessageSource source,
      RestrictionTracker<OffsetRange, Long> tracker,
      OutputReceiver<Message> output)
      throws IOException {
    TopicPartition partition = Brokers.partition(source);
    // Checked before the offsets are read, because the consumer would wait for a deleted partition.
    if (!brokers().isCurrent(source)) {
      return stop(source, tracker);
    }
    Consumer<byte[], byte[]> reader = consumer();
    if (!reader.assignment().equals(Set.of(partition))) {
      reader.assign(List.of(partition));
    }
    long beginning = reader.beginningOffsets(List.of(partition)).get(partition);
    long end = reader.endOffsets(List.of(partition)).get(partition);
    long position = tracker.currentRestriction().getFrom();
    if (position < beginning) {
      LOG.warn(
          "{} messages of {} were deleted before they were read", beginning - position, partition);
      gone.inc(beginning - position);
      position = beginning;
    }
    reader.seek(partition, position);
    long start = System.nanoTime();
    int count = 0;
    while (position < end && count < MAX_MESSAGES && System.nanoTime() - start < MAX_NANOS) {
      ConsumerRecords<byte[], byte[]> records = reader.poll(POLL);
      // Ids are never reused. If the topic still has its id, it had that id during the read.
      if (!brokers().isCurrent(source)) {
        return stop(source, tracker);
      }
      long before = position;
      for (ConsumerRecord<byte[], byte[]> message : records.records(partition)) {
        if (!tracker.tryClaim(message.offset())) {
          return ProcessContinuation.stop();
        }
        position = message.offset() + 1;
        count++;
        output.outputWithTimestamp(
            new Message(source, message.offset(), message.key(), message.value()), Instant.now());
      }
      // Aborted messages and transaction markers may follow the messages.
      long next = reader.position(partition);
      if (next > position) {
        if (!tracker.tryClaim(next - 1)) {
          return ProcessContinuation.stop();
        }
        position = next;
      }
      if (position == before) {
        return ProcessContinuation.resume().withResumeDelay(PAUSE);
      }
    }
    return position < end
        ? ProcessContinuation.resume()
        : ProcessContinuation.resume().withResumeDelay(PAUSE);
  }

  /** Ends reading a topic that was deleted. */
  private static ProcessContinuation stop(
      MessageSource source, RestrictionTracker<OffsetRange, Long> tracker) {
    LOG.warn("topic {} was deleted and created again: its new messages are read", source.topic());
    tracker.tryClaim(Long.MAX_VALUE - 1);
    return ProcessContinuation.stop();
  }

  @Teardown
  public void teardown() {
    if (consumer != null) {
      consumer.close();
      consumer = null;
    }
    if (brokers != null) {
      brokers.close();
      brokers = null;
    }
  }
}
