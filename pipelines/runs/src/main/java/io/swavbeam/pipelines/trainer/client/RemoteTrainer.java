package io.swavbeam.pipelines.trainer.client;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.plan.RunImages;
import io.swavbeam.model.plan.RunPlan;
import io.swavbeam.model.plan.RunRequest;
import io.swavbeam.pipelines.jvm.SharedInstances;
import io.swavbeam.pipelines.storage.Stores;
import io.swavbeam.pipelines.trainer.TrainerAddress;
import io.swavbeam.pipelines.trainer.TrainerConnection;
import io.swavbeam.pipelines.trainer.TrainerEndpoint;
import io.swavbeam.pipelines.trainer.protocol.Credentials;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.ManifestPart;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.OpenRun;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/**
 * A trainer in another process: the client of {@code TrainerServer}. All connections of a process
 * share one channel. If the trainer does not answer, calls are repeated with growing pauses, until
 * the time of the patience is over. Repeating a call is always safe.
 *
 * @param run the id of the run, which the trainer must have
 */
public record RemoteTrainer(TrainerAddress address, String run) implements TrainerEndpoint {
  private static final SharedInstances<RemoteTrainer, Link> LINKS =
      new SharedInstances<>(Link::new, Link::close);

  private static final long MODEL_PAUSE_MILLIS = 200;
  private static final int FLOW_CONTROL_WINDOW = 8 << 20;

  /** The state that all connections of a process share. */
  static final class Link {
    final ManagedChannel channel;
    final Channel calls;

    private Link(RemoteTrainer trainer) {
      Metadata headers = new Metadata();
      headers.put(TrainerCalls.PROTOCOL, TrainerCalls.PROTOCOL_VERSION);
      headers.put(TrainerCalls.RUN, trainer.run());
      TrainerAddress address = trainer.address();
      Credentials.token(address.security())
          .ifPresent(token -> headers.put(TrainerCalls.TOKEN, "Bearer " + token));
      channel =
          Credentials.channel(address.security(), address.target())
              .maxInboundMessageSize(TrainerCalls.MAX_MESSAGE)
              .flowControlWindow(FLOW_CONTROL_WINDOW)
              // A cut network sends no error. Without keep-alive, a call would wait for its
              // deadline.
              .keepAliveTime(10, TimeUnit.SECONDS)
              .keepAliveTimeout(5, TimeUnit.SECONDS)
              .disableRetry()
              .build();
      calls =
          ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private void close() {
      channel.shutdownNow();
    }
  }

  /** Returns the run that a trainer would train, without beginning it. */
  public static RunPlan plan(TrainerAddress address, RunRequest request, RunImages images) {
    return call(address, new OpenRun(request, images, false));
  }

  private static RunPlan call(TrainerAddress address, OpenRun call) {
    RemoteTrainer anyRun = new RemoteTrainer(address, "");
    try (RemoteConnection connection = anyRun.link()) {
      return connection.call(TrainerCalls.OPEN, call).plan();
    }
  }

  /**
   * Begins or resumes a run at a trainer, and sends the images.
   *
   * @param manifest the file of the manifest
   * @return the run as the trainer has planned it
   * @throws io.swavbeam.model.run.TrainingFailedException if the trainer has another run
   */
  public static RunConfig open(
      TrainerAddress address, RunRequest request, RunImages images, Path manifest)
      throws IOException {
    RunConfig run = call(address, new OpenRun(request, images, true)).run();
    RemoteTrainer opened = new RemoteTrainer(address, run.id());
    try (RemoteConnection connection = opened.link();
        FileChannel file = FileChannel.open(manifest, StandardOpenOption.READ)) {
      long total = file.size();
      for (long offset = 0; offset < total; offset += ManifestPart.MAX_SIZE) {
        ByteBuffer part =
            ByteBuffer.allocate((int) Math.min(ManifestPart.MAX_SIZE, total - offset));
        Stores.readFully(file, part);
        connection.call(TrainerCalls.PUT_MANIFEST, new ManifestPart(offset, total, part.array()));
      }
    }
    return run;
  }

  /**
   * Waits until the trainer has exported the model of a finished run.
   *
   * @return the id of the model
   * @throws io.swavbeam.model.run.TrainingFailedException if the trainer does not answer
   */
  public String awaitModel() throws InterruptedException {
    try (RemoteConnection connection = link()) {
      String model = connection.model();
      while (model.isEmpty()) {
        Thread.sleep(MODEL_PAUSE_MILLIS);
        model = connection.model();
      }
      return model;
    }
  }

  @Override
  public TrainerConnection connect() {
    return link();
  }

  private RemoteConnection link() {
    return new RemoteConnection(this, LINKS.acquire(this));
  }
}
