package io.swavbeam.app;

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
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A real broker of Kafka, in a process of its own. */
final class KafkaBroker implements AutoCloseable {
  private final Process process;
  private final String servers;

  private KafkaBroker(Process process, String servers) {
    this.process = process;
    this.servers = servers;
  }

  static KafkaBroker start(Path folder, String topic, int partitions) throws Exception {
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
    Process process = java(folder, "kafka.Kafka", properties.toString());
    String servers = "localhost:" + port;
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
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
    return new KafkaBroker(process, servers);
  }

  /** A port that nobody listens at. */
  static int freePort() throws IOException {
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

  /** For {@code --kafka}. */
  String servers() {
    return servers;
  }

  /** Sends messages, by their keys, and waits until the broker has them. */
  void send(String topic, Map<String, byte[]> messages) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", servers);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (Map.Entry<String, byte[]> message : messages.entrySet()) {
        producer
            .send(
                new ProducerRecord<>(
                    topic, message.getKey().getBytes(StandardCharsets.UTF_8), message.getValue()))
            .get();
      }
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
