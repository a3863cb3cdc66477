package io.swavbeam.model.run;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.error.ErrorKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder of one training run, held by one process at a time.
 *
 * <pre>
 * config.json          everything that determines the run
 * environment.json     the kernels and threads that it was begun with
 * manifest/            the images, in order
 * archives/            images of archives that can only be read from their beginning
 * .listings/           where the images of files are, for the next start
 * init/                the initial model, if the run has one
 * metrics.jsonl        a line every few steps
 * checkpoints/step-n/  the state of training
 * saved_model/         the network, for embedding
 * dead-letters/        files and images that cannot be read
 * </pre>
 */
public final class RunDirectory implements AutoCloseable {
  /** Folder of the exported network, in a run directory. */
  public static final String SAVED_MODEL = "saved_model";

  private static final String LOCK = ".lock";
  private static final String MANIFEST = "manifest";
  private static final String INIT = "init";
  private static final String LISTINGS = ".listings";

  private final Path path;
  private final FileChannel lock;

  private RunDirectory(Path path, FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * Creates the folder, or opens an existing one. Locks it until it is closed or the process ends.
   *
   * @throws TrainingFailedException in one line, if it holds something else, cannot be written or
   *     is in use
   */
  public static RunDirectory open(Path path) {
    try {
      Files.createDirectories(path);
      requireRun(path);
      FileChannel channel =
          FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!tryLock(channel)) {
        channel.close();
        throw new TrainingFailedException(
            ErrorKind.FOLDER_IN_USE,
            path,
            "%s is in use by another training process".formatted(path));
      }
      recover(path);
      return new RunDirectory(path, channel);
    } catch (AccessDeniedException e) {
      throw unwritable(path, "no permission", e);
    } catch (IOException e) {
      throw unwritable(path, e.toString(), e);
    }
  }

  /**
   * Checks, without writing, that a path is free or holds a run.
   *
   * @throws TrainingFailedException in one line, if it holds something else
   */
  public static void requireRun(Path path) throws IOException {
    if (Files.exists(path)
        && !Files.isRegularFile(configFile(path))
        && !(Files.isDirectory(path) && isEmptyOrUnfinished(path))) {
      throw taken("%s holds something that is not a training run", path);
    }
  }

  private static TrainingFailedException unwritable(Path path, String why, IOException e) {
    return new TrainingFailedException(
        ErrorKind.FOLDER_TAKEN, path, "%s cannot be written (%s)".formatted(path, why), e);
  }

  private static TrainingFailedException taken(String why, Path path) {
    return new TrainingFailedException(ErrorKind.FOLDER_TAKEN, path, why.formatted(path));
  }

  /** Deletes or completes what a killed process has left unfinished. */
  private static void recover(Path path) throws IOException {
    AtomicFiles.recover(savedModel(path));
    AtomicFiles.recover(path.resolve(MANIFEST));
    AtomicFiles.recover(path.resolve(INIT));
    // A model may be exported without the lock, while no process trains.
    AtomicFiles.deleteUnfinished(path, name -> !name.startsWith("." + SAVED_MODEL));
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /**
   * Returns whether a folder has nothing but the files of a run that was stopped before it wrote
   * its configuration.
   */
  private static boolean isEmptyOrUnfinished(Path path) throws IOException {
    List<String> known = List.of(LOCK, MANIFEST, INIT, LISTINGS, "archives", "dead-letters");
    try (Stream<Path> files = Files.list(path)) {
      return files.allMatch(
          file ->
              known.contains(file.getFileName().toString())
                  || file.getFileName().toString().endsWith(AtomicFiles.UNFINISHED));
    }
  }

  /**
   * Claims the folder for a run: writes its configuration, or checks that the existing one is
   * equal.
   *
   * @throws TrainingFailedException naming the keys that differ
   */
  public void claim(RunConfig config) {
    String wanted = ConfigJson.write(config);
    Path file = configFile(path);
    try {
      if (!Files.exists(file)) {
        AtomicFiles.write(file, config.toJson());
        return;
      }
      String found = Files.readString(file);
      RunConfig begun = RunConfig.read(found, file.toString());
      if (begun.decoding().version() != config.decoding().version()) {
        throw new TrainingFailedException(
            ErrorKind.OTHER_DECODING,
            path,
            "%s holds a run whose pictures were decoded or cropped differently (%s, now %s)"
                .formatted(path, begun.decoding(), config.decoding()));
      }
      if (begun.manifest().equals(config.manifest()) && !begun.content().equals(config.content())) {
        throw taken("%s holds a run of files with the same names but other content", path);
      }
      List<String> differences = ConfigJson.differences(ConfigJson.write(begun), wanted);
      if (!differences.isEmpty()) {
        boolean furtherTraining =
            Checkpoints.newest(checkpoints()).isPresent()
                && differences.stream().allMatch(key -> key.matches("(steps|recipe\\.epochs): .*"));
        throw new TrainingFailedException(
            furtherTraining ? ErrorKind.OTHER_LENGTH : ErrorKind.OTHER_RUN,
            path,
            "%s already holds another run (%s)".formatted(path, String.join("; ", differences)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Releases the claim of a run without a finished step, so that another run may have the folder.
   */
  public void release() throws IOException {
    Files.deleteIfExists(configFile(path));
  }

  /**
   * Reads the configuration of a run.
   *
   * @throws InvalidConfigException in one line, if there is none
   */
  public static RunConfig readConfig(Path run) {
    Path file = configFile(run);
    try {
      return RunConfig.read(Files.readString(file), file.toString());
    } catch (IOException e) {
      throw new InvalidConfigException(
          "%s is not a training run: it has no readable config.json".formatted(run));
    }
  }

  /** Returns whether the folder holds the configuration of a run. */
  public boolean isClaimed() {
    return isClaimed(path);
  }

  /** Returns whether a folder holds the configuration of a run. */
  public static boolean isClaimed(Path run) {
    return Files.exists(configFile(run));
  }

  private static Path configFile(Path run) {
    return run.resolve("config.json");
  }

  public Path path() {
    return path;
  }

  public Path manifest() {
    return manifest(path);
  }

  /** Returns the folder of the manifest of a run. */
  public static Path manifest(Path run) {
    return run.resolve(MANIFEST);
  }

  /** Returns the folder of the listings of the input, which later processes reuse. */
  public Path listings() {
    return path.resolve(LISTINGS);
  }

  /** Returns the folder of the model whose weights the run begins with. */
  public Path init() {
    return path.resolve(INIT);
  }

  /** Returns the folder of the copies of sequential archives. */
  public Path archives() {
    return archives(path);
  }

  /** Returns the folder of the copies of sequential archives of a run. */
  public static Path archives(Path run) {
    return run.resolve("archives");
  }

  public Path metrics() {
    return metrics(path);
  }

  /** Returns the file of the metrics of a run. */
  public static Path metrics(Path run) {
    return run.resolve("metrics.jsonl");
  }

  public Path checkpoints() {
    return checkpoints(path);
  }

  /** Returns the folder of the checkpoints of a run. */
  public static Path checkpoints(Path run) {
    return run.resolve("checkpoints");
  }

  public Path deadLetters() {
    return deadLetters(path);
  }

  private static Path deadLetters(Path run) {
    return run.resolve("dead-letters");
  }

  /**
   * Returns the file of the dead letters of a listing, as lines of JSON. It exists only if there
   * are any.
   */
  public static Path unlisted(Path run) {
    return deadLetters(run).resolve("archives.jsonl");
  }

  /** Returns the folder of the exported network of a run. */
  public static Path savedModel(Path run) {
    return run.resolve(SAVED_MODEL);
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
