package io.swavbeam.app.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A real Kafka broker in a separate process. */
public final class KafkaBroker implements AutoCloseable {
  private final Path folder;
  private final String servers;
  private Process process;

  private KafkaBroker(Path folder, String servers) {
    this.folder = folder;
    this.servers = servers;
  }

  public static KafkaBroker start(Path folder, String topic, int partitions) throws Exception {
    int port = freePort();
    int controller = freePort();
    Path properties =
        Files.writeString(
            folder.resolve("server.properties"),
            """
            process.roles=broker,controller
            node.id=1
            controller.quorum.voters=1@localhost:%d
            listeners=PLAINTEXT://localhost:%d,CONTROLLER://localhost:%d
            controller.listener.names=CONTROLLER
            offsets.topic.replication.factor=1
            transaction.state.log.replication.factor=1
            transaction.state.log.min.isr=1
            auto.create.topics.enable=false
            log.dirs=%s
            """
                .formatted(controller, port, controller, folder.resolve("kafka-logs")));
    int formatted =
        java(
                folder,
                "kafka.tools.StorageTool",
                "format",
                "-t",
                "5L6g3nShT-eMCtK--X86sw",
                "-c",
                properties.toString())
            .waitFor();
    if (formatted != 0) {
      throw new IOException("see " + folder.resolve("kafka.log"));
    }
    KafkaBroker broker = new KafkaBroker(folder, "localhost:" + port);
    broker.start();
    broker.createTopic(topic, partitions);
    return broker;
  }

  /** Starts the process, also after it was killed. */
  public void start() throws IOException {
    process = java(folder, "kafka.Kafka", folder.resolve("server.properties").toString());
  }

  /** Kills the process. Topics and messages stay on disk. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Creates a topic when the broker answers, and an earlier topic of the name is deleted. */
  public void createTopic(String topic, int partitions) {
    try (Admin admin = admin()) {
      FlinkCluster.await(
          "Kafka",
          () -> {
            try {
              admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
              return true;
            } catch (ExecutionException e) {
              return false;
            }
          });
    }
  }

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", servers));
  }

  public void deleteTopic(String topic) throws Exception {
    try (Admin admin = admin()) {
      admin.deleteTopics(List.of(topic)).all().get();
    }
  }

  /** Adds partitions to a topic. */
  public void setPartitions(String topic, int partitions) throws Exception {
    try (Admin admin = admin()) {
      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(partitions))).all().get();
    }
  }

  /** Deletes the messages of a partition before an offset, like the retention of a topic. */
  public void deleteBefore(String topic, int partition, long offset) throws Exception {
    try (Admin admin = admin()) {
      admin
          .deleteRecords(
              Map.of(new TopicPartition(topic, partition), RecordsToDelete.beforeOffset(offset)))
          .all()
          .get();
    }
  }

  /** Returns a free port. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static Process java(Path folder, String... arguments) throws IOException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(List.of("-Xmx256m", "-cp", Commands.classPath()));
    line.addAll(List.of(arguments));
    return new ProcessBuilder(line)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("kafka.log").toFile()))
        .start();
  }

  /** Returns the value of {@code --kafka}. */
  public String servers() {
    return servers;
  }

  /** Creates a producer, which is transactional if it has an id. */
  public KafkaProducer<byte[], byte[]> producer(String... transactionalId) {
    Map<String, Object> settings =
        transactionalId.length == 0
            ? Map.of("bootstrap.servers", servers)
            : Map.of("bootstrap.servers", servers, "transactional.id", transactionalId[0]);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Sends messages with keys, and waits until the broker has them. */
  public void send(String topic, Map<String, byte[]> messages) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (Map.Entry<String, byte[]> message : messages.entrySet()) {
        producer
            .send(
                new ProducerRecord<>(
                    topic, message.getKey().getBytes(StandardCharsets.UTF_8), message.getValue()))
            .get();
      }
    }
  }

  /** Sends values without keys to a partition, and waits until the broker has them. */
  public void send(String topic, int partition, byte[]... values) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (byte[] value : values) {
        producer.send(new ProducerRecord<>(topic, partition, null, value)).get();
      }
    }
  }

  @Override
  public void close() {
    kill();
  }
}
