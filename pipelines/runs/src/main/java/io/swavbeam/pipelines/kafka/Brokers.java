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
 * A connection to the brokers of a Kafka cluster. If they do not answer in ten seconds, calls throw
 * {@link BrokerUnavailableException}.
 */
@Internal
public final class Brokers implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int REQUEST_MILLIS = 5_000;

  private final String servers;
  private final Admin admin;

  /** The brokers do not answer. The message does not contain their addresses. */
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
   * @param servers {@code host:port}, or several of them separated by commas
   * @throws KnownIOException in one line, if these are not addresses
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

  /**
   * Opens a consumer of committed messages. It is not thread-safe, and stores no offsets in the
   * cluster.
   */
  static Consumer<byte[], byte[]> consumer(String servers) {
    Map<String, Object> config = config(servers);
    config.put("enable.auto.commit", false);
    config.put("isolation.level", "read_committed");
    // Deleted messages cause an error instead of being skipped silently.
    config.put("auto.offset.reset", "none");
    // A reader finishes the messages of one partition before it waits for the next.
    config.put("fetch.max.wait.ms", 100);
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /**
   * Returns the partitions of a topic.
   *
   * @throws KnownIOException in one line, if there is no such topic, or not yet on this broker
   * @throws BrokerUnavailableException in one line, if the brokers do not answer
   * @throws IOException in one line, if the brokers refuse the request
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

  /** Returns whether a partition belongs to the topic that currently has the name. */
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

  /** Returns an error of the Kafka client as one line. */
  static IOException failure(String servers, Throwable e) {
    return e instanceof RetriableException
        ? new BrokerUnavailableException(RootCause.line(e), e)
        : new IOException("%s: %s".formatted(store(servers), RootCause.line(e)), e);
  }

  /** Returns the name of the brokers for {@link Patience}. */
  static String store(String servers) {
    return "Kafka at " + servers;
  }

  /**
   * Returns the partitions of a topic. Waits for the brokers.
   *
   * @throws KnownIOException in one line, if there is no such topic, or the addresses are not valid
   * @throws io.swavbeam.pipelines.jvm.NonRecoverableException in one line, if the time of the
   *     patience is over
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
   * Returns the first available offset of each partition, in their order.
   *
   * @throws IOException in one line, if the brokers do not answer
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
