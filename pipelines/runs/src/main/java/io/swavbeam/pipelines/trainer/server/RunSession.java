package io.swavbeam.pipelines.trainer.server;

import io.grpc.Status;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.plan.Machine;
import io.swavbeam.model.plan.RunPlan;
import io.swavbeam.model.plan.RunPlanner;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.training.InitialModel;
import io.swavbeam.model.training.Trainer;
import io.swavbeam.model.training.TrainerSettings;
import io.swavbeam.model.training.TrainingListener;
import io.swavbeam.pipelines.manifest.InputChange;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.storage.Stores;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.ManifestPart;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.OpenRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The run of a trainer process. A run that is already in the run directory is resumed at once. A
 * new run begins when a client has opened it and has sent the manifest.
 */
final class RunSession implements AutoCloseable {
  private final RunDirectory directory;
  private final Devices devices;
  private final InitialModel init;
  private final TrainerSettings options;
  private final TrainingListener listener;

  // Guarded by this.
  private @Nullable RunConfig run;
  private @Nullable Trainer trainer;
  private @Nullable Path incoming;
  private boolean closed;

  RunSession(
      Path path,
      Devices devices,
      InitialModel init,
      TrainerSettings options,
      TrainingListener listener)
      throws IOException {
    this.init = init;
    this.devices = devices;
    this.options = options;
    this.listener = listener;
    directory = RunDirectory.open(path);
    boolean opened = false;
    try {
      if (directory.isClaimed()) {
        run = RunDirectory.readConfig(path);
        if (Manifest.isIn(directory.manifest())) {
          Manifest.read(directory.manifest()).close(); // converts an earlier format
          train();
        }
      }
      opened = true;
    } finally {
      if (!opened) {
        directory.close();
      }
    }
  }

  /**
   * Plans a run, and claims the run directory for it if it begins.
   *
   * @throws io.swavbeam.model.run.TrainingFailedException if the directory holds another run
   */
  synchronized RunPlan open(OpenRun call) throws IOException {
    // If the run begins, putManifest compares the images file by file.
    boolean compared = call.begins() && Files.exists(Manifest.file(directory.manifest()));
    RunPlan plan =
        RunPlanner.plan(
            call.request(),
            call.images(),
            Machine.of(devices, options.window()),
            new RunPlanner.Directory(
                init.config(), run, run != null && (compared || run.content().isEmpty())));
    init.plan(plan.run().recipe().network());
    if (call.begins()) {
      listener.onRecipe(plan.reasons());
      directory.claim(plan.run());
      init.copyTo(directory.init());
      run = plan.run();
    }
    return plan;
  }

  /** Receives a part of the manifest. Training can begin after the last part. */
  synchronized void putManifest(ManifestPart part) throws IOException {
    RunConfig opened = config();
    if (isRepeated(part)) {
      train();
      return;
    }
    if (part.offset() == 0 || incoming == null) {
      discardIncoming();
      incoming = Files.createTempFile(directory.path(), ".manifest-", AtomicFiles.UNFINISHED);
    }
    try (FileChannel channel = FileChannel.open(incoming, StandardOpenOption.WRITE)) {
      if (channel.size() < part.offset()) {
        throw Status.INVALID_ARGUMENT
            .withDescription("a part of the manifest is missing")
            .asRuntimeException();
      }
      channel.truncate(part.offset());
      channel.position(part.offset());
      ByteBuffer bytes = ByteBuffer.wrap(part.bytes());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
    if (part.endsTheFile()) {
      Path whole = incoming;
      boolean accepted = false;
      try {
        requireImagesOf(opened, whole);
        accepted = true;
      } finally {
        if (!accepted) {
          discardIncoming();
        }
      }
      AtomicFiles.writeFolder(
          directory.manifest(), folder -> Files.move(whole, Manifest.file(folder)));
      incoming = null;
      train();
    }
  }

  private void requireImagesOf(RunConfig opened, Path whole) throws IOException {
    Path before = Manifest.file(directory.manifest());
    String digest = digest(whole);
    boolean same =
        Files.exists(before)
            && InputChange.check(
                before,
                whole,
                (earlier, now) ->
                    listener.onWarning(
                        0, "%s was called %s when this run began".formatted(now, earlier)));
    if (!same && !digest.equals(opened.manifest())) {
      throw new TrainingFailedException(
          "%s already holds a run of other images: choose another run directory"
              .formatted(directory.path()));
    }
  }

  private static String digest(Path file) throws IOException {
    try (Manifest manifest = Manifest.open(file)) {
      return manifest.digest();
    } catch (IOException | UncheckedIOException e) {
      throw Status.INVALID_ARGUMENT
          .withDescription("the manifest is not valid: " + e.getMessage())
          .asRuntimeException();
    }
  }

  /** Returns whether it is the last part again, because its reply was lost. */
  private boolean isRepeated(ManifestPart part) throws IOException {
    Path whole = Manifest.file(directory.manifest());
    if (incoming != null || part.offset() == 0 || !part.endsTheFile() || !Files.exists(whole)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(whole, StandardOpenOption.READ)) {
      if (channel.size() != part.total()) {
        return false;
      }
      ByteBuffer there = ByteBuffer.allocate(part.bytes().length);
      channel.position(part.offset());
      Stores.readFully(channel, there);
      return Arrays.equals(there.array(), part.bytes());
    }
  }

  private void discardIncoming() throws IOException {
    if (incoming != null) {
      Files.deleteIfExists(incoming);
      incoming = null;
    }
  }

  private synchronized void train() throws IOException {
    if (trainer == null && !closed) {
      trainer = new Trainer(directory, config(), devices, options, listener);
      notifyAll();
    }
  }

  /** Returns a part of the manifest. */
  ManifestPart manifest(long offset) throws IOException {
    try (FileChannel channel =
        FileChannel.open(Manifest.file(directory.manifest()), StandardOpenOption.READ)) {
      long total = channel.size();
      if (offset < 0 || offset > total) {
        throw Status.INVALID_ARGUMENT
            .withDescription("there is no part of the manifest at " + offset)
            .asRuntimeException();
      }
      ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(ManifestPart.MAX_SIZE, total - offset));
      channel.position(offset);
      Stores.readFully(channel, bytes);
      return new ManifestPart(offset, total, bytes.array());
    }
  }

  /** Returns the run; throws UNAVAILABLE if no run was opened yet. */
  synchronized RunConfig config() {
    if (run == null) {
      throw Status.UNAVAILABLE.withDescription("no run is open yet").asRuntimeException();
    }
    return run;
  }

  /** Returns the trainer; throws UNAVAILABLE if the run or its manifest is missing. */
  synchronized Trainer trainer() {
    if (trainer == null) {
      throw Status.UNAVAILABLE.withDescription("no run is open yet").asRuntimeException();
    }
    return trainer;
  }

  /** Waits for the trainer. Returns null if this session was closed before. */
  synchronized @Nullable Trainer awaitTrainer() throws InterruptedException {
    while (trainer == null && !closed) {
      wait();
    }
    return trainer;
  }

  Path path() {
    return directory.path();
  }

  @Override
  public void close() {
    Trainer last;
    synchronized (this) {
      closed = true;
      last = trainer;
      notifyAll();
    }
    if (last != null) {
      last.close();
    }
    directory.close();
  }
}
