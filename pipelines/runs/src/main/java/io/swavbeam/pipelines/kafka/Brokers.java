package io.swavbeam.pipelines.kafka;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownIOException;
import io.swavbeam.pipelines.jvm.RootCause;
import io.swavbeam.pipelines.storage.Patience;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Connections to the brokers of a cluster. What they do not answer in ten seconds is a {@link
 * BrokerUnavailableException}.
 */
@Internal
public final class Brokers implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int REQUEST_MILLIS = 5_000;

  private final String servers;
  private final Admin admin;

  /** The brokers do not answer, or not now; the message does not name them. */
  static final class BrokerUnavailableException extends IOException {
    BrokerUnavailableException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private Brokers(String servers, Admin admin) {
    this.servers = servers;
    this.admin = admin;
  }

  /**
   * Opens a connection.
   *
   * @param servers {@code host:port} and more of them after commas
   * @throws KnownIOException in one line, if these are no addresses
   */
  static Brokers of(String servers) throws KnownIOException {
    try {
      return new Brokers(servers, Admin.create(config(servers)));
    } catch (KafkaException e) {
      throw new KnownIOException(
          ErrorKind.NO_BROKERS, servers, "%s: %s".formatted(servers, RootCause.line(e)), e);
    }
  }

  private static Map<String, Object> config(String servers) {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", servers);
    config.put("default.api.timeout.ms", TIMEOUT_MILLIS);
    config.put("request.timeout.ms", REQUEST_MILLIS);
    return config;
  }

  /** Opens a consumer of committed messages, for one thread. It keeps no offsets at the brokers. */
  static Consumer<byte[], byte[]> consumer(String servers) {
    Map<String, Object> config = config(servers);
    config.put("enable.auto.commit", false);
    config.put("isolation.level", "read_committed");
    // Where messages have been deleted is said, not jumped over.
    config.put("auto.offset.reset", "none");
    // A partition that has messages is read before the next one has its turn.
    config.put("fetch.max.wait.ms", 100);
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /**
   * Returns the partitions of a topic as it is now.
   *
   * @throws KnownIOException in one line, if there is no such topic, or not yet on this broker
   * @throws BrokerUnavailableException in one line, if that is not known now
   * @throws IOException in one line, if the brokers refuse to tell
   */
  List<MessageSource> partitions(String topic) throws IOException {
    String cluster = answer(admin.describeCluster().clusterId());
    TopicDescription description;
    try {
      description = answer(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic);
    } catch (UnknownTopicOrPartitionException e) {
      throw new KnownIOException(
          ErrorKind.NO_TOPIC, topic, "%s: there is no such topic at %s".formatted(topic, servers));
    }
    List<MessageSource> partitions = new ArrayList<>();
    for (TopicPartitionInfo info : description.partitions()) {
      partitions.add(
          new MessageSource(cluster, topic, description.topicId().toString(), info.partition()));
    }
    return partitions;
  }

  /** Returns whether a partition is of the topic that has the name now. */
  boolean isCurrent(MessageSource source) throws IOException {
    try {
      return answer(admin.describeTopics(List.of(source.topic())).allTopicNames())
          .get(source.topic())
          .topicId()
          .toString()
          .equals(source.topicId());
    } catch (UnknownTopicOrPartitionException e) {
      throw new BrokerUnavailableException("topic %s does not exist".formatted(source.topic()), e);
    }
  }

  private <T> T answer(KafkaFuture<T> future) throws IOException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException unknown) {
        throw unknown;
      }
      throw failure(servers, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for Kafka");
    }
  }

  /** Returns what the client's library reports, in one line. */
  static IOException failure(String servers, Throwable e) {
    return e instanceof RetriableException
        ? new BrokerUnavailableException(RootCause.line(e), e)
        : new IOException("%s: %s".formatted(store(servers), RootCause.line(e)), e);
  }

  /** The name of the brokers for {@link Patience}. */
  static String store(String servers) {
    return "Kafka at " + servers;
  }

  /**
   * Waits for the brokers and returns the partitions of a topic.
   *
   * @throws KnownIOException in one line, if there is no such topic, or the addresses are none
   * @throws io.swavbeam.pipelines.jvm.NonRecoverableException in one line, when the patience has
   *     ended
   */
  public static List<MessageSource> partitions(String servers, String topic, Patience patience)
      throws IOException {
    try (Brokers brokers = of(servers)) {
      while (true) {
        try {
          List<MessageSource> partitions = brokers.partitions(topic);
          Patience.answered(store(servers));
          return partitions;
        } catch (BrokerUnavailableException e) {
          patience.failed(store(servers), e);
        }
      }
    }
  }

  /**
   * Returns the first offset that each partition still has, in their order.
   *
   * @throws IOException in one line, if the brokers do not tell
   */
  public static List<Long> beginnings(String servers, List<MessageSource> partitions)
      throws IOException {
    try (Consumer<byte[], byte[]> consumer = consumer(servers)) {
      List<TopicPartition> all = partitions.stream().map(Brokers::partition).toList();
      Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(all);
      return all.stream().map(beginnings::get).toList();
    } catch (KafkaException e) {
      throw failure(servers, e);
    }
  }

  static TopicPartition partition(MessageSource source) {
    return new TopicPartition(source.topic(), source.partition());
  }

  @Override
  public void close() {
    admin.close();
  }
}
