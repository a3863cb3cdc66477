package io.swavbeam.app.benchmark;

import com.sun.management.OperatingSystemMXBean;
import io.swavbeam.app.command.Console;
import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.plan.RecipeRequest;
import io.swavbeam.model.plan.RunImages;
import io.swavbeam.model.plan.RunRequest;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.training.BatchShard;
import io.swavbeam.model.training.BatchShardReceiver;
import io.swavbeam.model.training.InitialModel;
import io.swavbeam.model.training.Trainer;
import io.swavbeam.model.training.TrainerSettings;
import io.swavbeam.model.training.TrainingListener;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.trainer.TrainerAddress;
import io.swavbeam.pipelines.trainer.TrainerConnection;
import io.swavbeam.pipelines.trainer.TrainerSecurity;
import io.swavbeam.pipelines.trainer.client.RemoteTrainer;
import io.swavbeam.pipelines.trainer.server.TrainerServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TUint8;

/**
 * A measurement of the transfer of batch shards to a trainer: within a process, over gRPC on the
 * loopback interface, and the speed of the loopback interface itself. The trainer has finished its
 * only step, so it discards each batch shard.
 */
final class TransportBenchmark {
  private static final double SECONDS = 3;
  private static final double WARM_UP_SECONDS = 6;
  private static final int SENDERS = 2;
  private static final int CHUNK = 64 * 1024;

  private final SwavConfig recipe;
  private final Path folder;
  private final Console console;

  /**
   * @param recipe the recipe of the crops
   * @param folder the folder for the run of the trainer
   */
  TransportBenchmark(SwavConfig recipe, Path folder, Console console) {
    this.recipe = recipe;
    this.folder = folder;
    this.console = console;
  }

  void run() throws IOException, InterruptedException {
    ImageRef image =
        ImageRef.stored("any", 0, new Location("any"), 0, 1, ImageEncoding.FILE, "any", null);
    List<ImageRef> images = List.of(image);
    String digest = Manifest.write(folder.resolve("manifest"), images);
    SwavConfig small = recipe.withBatchSize(2);
    RunRequest request =
        new RunRequest(
            new RecipeRequest.Named(small),
            "float32",
            false,
            1,
            1,
            DecodingConfig.DEFAULT,
            false,
            RunConfig.DEFAULT_MAX_UNREADABLE);
    RunImages found = new RunImages(1, digest, "", RunImages.Sample.NONE);
    try (TrainerServer server =
        new TrainerServer(
            folder.resolve("transport"),
            Devices.cpu(),
            InitialModel.NONE,
            TrainerSettings.DEFAULT,
            TrainingListener.SILENT,
            new InetSocketAddress("localhost", 0),
            TrainerSecurity.NONE)) {
      TrainerAddress address =
          new TrainerAddress(
              "localhost:" + server.port(), TrainerSecurity.NONE, Duration.ofSeconds(10));
      RunConfig run =
          RemoteTrainer.open(address, request, found, Manifest.file(folder.resolve("manifest")));
      RemoteTrainer endpoint = new RemoteTrainer(address, run.id());
      Trainer trainer = server.awaitTrainer();
      trainer.submit(shard(small));
      trainer.awaitCompletion();
      measure("batch shards in one process, nothing copied", () -> trainer);
      measure("batch shards over gRPC, loopback", endpoint::connect);
    }
    raw();
  }

  private static BatchShard shard(SwavConfig recipe) {
    List<TUint8> crops = new ArrayList<>();
    for (CropSpec spec : recipe.crops()) {
      crops.add(
          TUint8.tensorOf(Shape.of(spec.count(), recipe.shardSize(), spec.size(), spec.size(), 3)));
    }
    return new BatchShard(0, 0, crops, List.of());
  }

  /** Opens a connection of a sender to the trainer. */
  private interface ConnectionFactory {
    BatchShardReceiver open();
  }

  private void measure(String what, ConnectionFactory factory) {
    long bytes =
        recipe.crops().stream()
            .mapToLong(c -> 3L * c.count() * recipe.shardSize() * c.size() * c.size())
            .sum();
    send(factory, bytes, WARM_UP_SECONDS); // until all code is loaded and compiled
    say(what, () -> send(factory, bytes, SECONDS));
  }

  private long send(ConnectionFactory factory, long bytes, double seconds) {
    List<CompletableFuture<Long>> senders = new ArrayList<>();
    for (int i = 0; i < SENDERS; i++) {
      senders.add(
          CompletableFuture.supplyAsync(
              () -> {
                BatchShardReceiver receiver = factory.open();
                long sent = 0;
                long start = System.nanoTime();
                while (System.nanoTime() - start < seconds * 1e9) {
                  receiver.submit(shard(recipe));
                  sent += bytes;
                }
                if (receiver instanceof TrainerConnection connection) {
                  connection.close();
                }
                return sent;
              }));
    }
    return senders.stream().mapToLong(CompletableFuture::join).sum();
  }

  private interface Sending {
    long send();
  }

  private void say(String what, Sending sending) {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpu = system.getProcessCpuTime();
    long start = System.nanoTime();
    double megabytes = sending.send() / 1e6;
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = (system.getProcessCpuTime() - cpu) / 1e9;
    console.say(
        "%-38s %7.0f MB/s, %.2f s of processor time per GB",
        what, megabytes / seconds, 1000 * cpuSeconds / megabytes);
  }

  private void raw() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 2, InetAddress.getLoopbackAddress())) {
      say(
          "bytes over a socket, loopback",
          () -> {
            List<CompletableFuture<Long>> senders = new ArrayList<>();
            for (int i = 0; i < SENDERS; i++) {
              CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> read(server));
              senders.add(
                  CompletableFuture.supplyAsync(() -> write(server.getLocalPort()))
                      .thenCombine(reader, (sent, none) -> sent));
            }
            return senders.stream().mapToLong(CompletableFuture::join).sum();
          });
    }
  }

  private static void read(ServerSocket server) {
    byte[] chunk = new byte[CHUNK];
    try (Socket socket = server.accept();
        InputStream in = socket.getInputStream()) {
      while (in.read(chunk) >= 0) {
        // the writer counts the bytes
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long write(int port) {
    byte[] chunk = new byte[CHUNK];
    long sent = 0;
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        OutputStream out = socket.getOutputStream()) {
      long start = System.nanoTime();
      while (System.nanoTime() - start < SECONDS * 1e9) {
        out.write(chunk);
        sent += chunk.length;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sent;
  }
}
