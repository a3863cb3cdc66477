package io.swavbeam.pipelines.trainer.client;

import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.training.BatchShard;
import io.swavbeam.model.training.Progress;
import io.swavbeam.pipelines.jvm.RootCause;
import io.swavbeam.pipelines.jvm.SharedInstances;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.trainer.TrainerConnection;
import io.swavbeam.pipelines.trainer.TrainerRestartedException;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.Abort;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.AwaitProgress;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.Done;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.ManifestPart;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.ManifestRequest;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.TrainerStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/** A worker's connection to a {@link RemoteTrainer}. Not thread-safe. */
final class RemoteConnection implements TrainerConnection {
  private static final long DEADLINE_SECONDS = 30;
  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long MAX_PAUSE_MILLIS = 2_000;
  private static final Progress NOTHING = new Progress(-1, 0, 0, false);

  /** Temporary errors: the trainer does not answer, or is being started or stopped. */
  private static final Set<Status.Code> PASSING =
      Set.of(Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED, Status.Code.CANCELLED);

  private final RemoteTrainer trainer;
  private final SharedInstances<RemoteTrainer, RemoteTrainer.Link>.Reference link;
  // The incarnation of the trainer that received earlier calls of this connection; 0 before the
  // first reply.
  private long incarnation;

  RemoteConnection(
      RemoteTrainer trainer, SharedInstances<RemoteTrainer, RemoteTrainer.Link>.Reference link) {
    this.trainer = trainer;
    this.link = link;
  }

  @Override
  public Progress progress() {
    return status(NOTHING, 0).progress();
  }

  @Override
  public Progress awaitProgress(Progress known, long timeoutMillis) throws InterruptedException {
    Progress progress = status(known, timeoutMillis).progress();
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    return progress;
  }

  /** Returns the id of the exported model; empty before the export. */
  String model() {
    return status(NOTHING, 0).model();
  }

  private TrainerStatus status(Progress known, long timeoutMillis) {
    TrainerStatus status =
        call(TrainerCalls.AWAIT_PROGRESS, new AwaitProgress(known, timeoutMillis));
    same(status.incarnation());
    return status;
  }

  @Override
  public void submit(BatchShard shard) {
    try (shard) {
      Done done = call(TrainerCalls.SUBMIT, shard);
      same(done.incarnation());
    }
  }

  @Override
  public void abort(String reason, List<DeadLetter> deadLetters) {
    call(TrainerCalls.ABORT, new Abort(reason, deadLetters));
  }

  @Override
  public Manifest manifest() throws IOException {
    Path file = Files.createTempFile("swav-manifest-", ".records");
    try {
      try (OutputStream out = Files.newOutputStream(file)) {
        ManifestPart part;
        long offset = 0;
        do {
          part = call(TrainerCalls.GET_MANIFEST, new ManifestRequest(offset));
          out.write(part.bytes());
          offset += part.bytes().length;
        } while (!part.endsTheFile());
      }
      return Manifest.open(file);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private void same(long answering) {
    if (incarnation != 0 && incarnation != answering) {
      throw restarted();
    }
    incarnation = answering;
  }

  private TrainerRestartedException restarted() {
    return new TrainerRestartedException(
        "the trainer at %s was restarted: the pipeline is restarted, too, to send lost data again"
            .formatted(trainer.address().target()));
  }

  /**
   * Repeats a call until there is a reply, a permanent error, or the time of the patience is over.
   */
  <Q, A> A call(MethodDescriptor<Q, A> method, Q request) {
    long giveUp = System.nanoTime() + trainer.address().patience().toNanos();
    long pause = FIRST_PAUSE_MILLIS;
    while (true) {
      try {
        return ClientCalls.blockingUnaryCall(
            link.get().calls,
            method,
            CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS),
            request);
      } catch (StatusRuntimeException e) {
        Status status = e.getStatus();
        if (status.getCode() == Status.Code.OUT_OF_RANGE) {
          throw restarted();
        }
        if (Thread.currentThread().isInterrupted()) {
          throw new TrainingFailedException("interrupted while the trainer was called", e);
        }
        if (!PASSING.contains(status.getCode())) {
          throw TrainerCalls.failure(e, describe(status));
        }
        if (isOfTls(e)) {
          throw new TrainingFailedException(
              ErrorKind.OTHER_TLS,
              trainer.address().target(),
              "the trainer at %s and this process do not agree on TLS (%s)"
                  .formatted(trainer.address().target(), RootCause.line(e)),
              e);
        }
        if (System.nanoTime() > giveUp) {
          throw new TrainingFailedException(
              trainer.address().security().authorityFile() == null
                  ? ErrorKind.NO_TRAINER
                  : ErrorKind.NO_TRAINER_WITH_TLS,
              trainer.address().target(),
              "there is no trainer at %s (%s)"
                  .formatted(trainer.address().target(), RootCause.line(e)),
              e);
        }
        // Otherwise gRPC may wait minutes before it connects again.
        link.get().channel.resetConnectBackoff();
        sleep(pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1));
        pause = Math.min(2 * pause, MAX_PAUSE_MILLIS);
      }
    }
  }

  /** Returns whether it is an error of TLS. Certificates do not change while a call is repeated. */
  private static boolean isOfTls(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SSLException || cause instanceof GeneralSecurityException) {
        return true;
      }
    }
    return false;
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TrainingFailedException("interrupted while the trainer was away", e);
    }
  }

  private String describe(Status status) {
    return switch (status.getCode()) {
      case UNAUTHENTICATED ->
          "the trainer at %s does not accept the token".formatted(trainer.address().target());
      case ABORTED -> String.valueOf(status.getDescription());
      default ->
          "the trainer at %s refuses the request: %s"
              .formatted(
                  trainer.address().target(),
                  status.getDescription() == null ? status.getCode() : status.getDescription());
    };
  }

  @Override
  public void close() {
    link.close();
  }
}
