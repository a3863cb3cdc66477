package io.swavbeam.pipelines.output;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownIOException;
import io.swavbeam.pipelines.jvm.NonRecoverableException;
import io.swavbeam.pipelines.jvm.SharedInstances;
import io.swavbeam.pipelines.storage.FileStatus;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Patience;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import io.swavbeam.pipelines.storage.Stores;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.beam.sdk.annotations.Internal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to write embeddings into a folder, which one job has at a time: two would not know of
 * each other's images, and give some of them two rows.
 *
 * <p>Each process that works for a job, be it the one that started it or a worker, has a note in
 * {@code _swav/lock/}, which it writes anew every 20 seconds. A note is nobody's if its process has
 * ended or, where that is on another machine, if it is two minutes old. So a job keeps the folder
 * for as long as any of its processes lives.
 *
 * <p>A process first asks by its note, and gives way to whoever holds the folder, or has asked
 * before. Then it says that it holds the folder, and looks once more: of two that asked at one
 * moment, the younger one sees the other.
 */
@Internal
public final class FolderClaim implements Closeable {
  /**
   * What a job embeds, as it is written into the folder.
   *
   * @param job that is unlike all others
   * @param images equal ones are the same input, embedded in the same way
   * @param what they are, for people
   * @param since when the job was begun, in milliseconds since 1970
   */
  public record Work(String job, String images, String what, long since) implements Serializable {
    /** A job that is begun now. */
    public static Work begin(String job, String images, String what) {
      return new Work(job, images, what, System.currentTimeMillis());
    }

    private boolean isBefore(Work other) {
      return since != other.since ? since < other.since : job.compareTo(other.job) < 0;
    }
  }

  /**
   * What a note holds.
   *
   * @param isHeld whether the folder is held, not only asked for
   * @param machine that the process is on
   * @param process its number and the time of its start
   */
  private record Note(Work work, boolean isHeld, String machine, String process) {
    Note held() {
      return new Note(work, true, machine, process);
    }
  }

  private record JobFolder(Folder folder, Work work) {}

  private static final Logger LOG = LoggerFactory.getLogger(FolderClaim.class);
  private static final String FOLDER = "lock";

  /** A file, or a folder in a bucket, in which jobs of earlier versions had their claims. */
  private static final String EARLIER = ".lock";

  /** The byte of the file that jobs of earlier versions have locked. */
  private static final int EARLIER_LOCK = 1;

  private static final String SUFFIX = ".json";
  private static final Duration DEAD = Duration.ofMinutes(2);
  private static final long HEARTBEAT_SECONDS = 20;
  private static final String MACHINE = machine();
  private static final String PROCESS = process(ProcessHandle.current());

  private static final SharedInstances<JobFolder, FolderClaim> OF_WORKERS =
      new SharedInstances<>(FolderClaim::takeForWorker, FolderClaim::closeAfterWork);

  private final Folder folder;
  private final Location file;
  private final Note note;
  private final ScheduledExecutorService heart =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "claim-heartbeat");
            thread.setDaemon(true);
            return thread;
          });

  /** Streams are ended by a signal. */
  private final Thread farewell = new Thread(this::closeAfterWork, "claim-end");

  private FolderClaim(Folder folder, Work work) {
    this.folder = folder;
    note = new Note(work, false, MACHINE, PROCESS);
    file = notes(folder).file(work.job() + "-" + UUID.randomUUID() + SUFFIX);
  }

  /**
   * Takes the right.
   *
   * @throws KnownIOException in one line, if another job has it: of kind {@link
   *     ErrorKind#SAME_AT_WORK} if that embeds the same, else {@link ErrorKind#FOLDER_IN_USE}
   */
  public static FolderClaim take(Folder folder, Work work) throws IOException {
    FolderClaim claim = new FolderClaim(folder, work);
    boolean taken = false;
    try {
      claim.write(claim.note);
      claim.giveWay(true);
      claim.write(claim.note.held());
      claim.giveWay(false);
      requireNoEarlierJob(folder);
      taken = true;
    } finally {
      if (!taken) {
        Stores.delete(List.of(claim.file));
      }
    }
    Runtime.getRuntime().addShutdownHook(claim.farewell);
    ScheduledFuture<?> unused =
        claim.heart.scheduleAtFixedRate(
            claim::beat, HEARTBEAT_SECONDS, HEARTBEAT_SECONDS, TimeUnit.SECONDS);
    return claim;
  }

  /**
   * The same for the threads of a worker, which share it.
   *
   * @throws NonRecoverableException in one line, if another job has it
   */
  static SharedInstances<?, FolderClaim>.Reference ofWorker(Folder folder, Work work) {
    return OF_WORKERS.acquire(new JobFolder(folder, work));
  }

  private static FolderClaim takeForWorker(JobFolder key) {
    try {
      return take(key.folder(), key.work());
    } catch (KnownIOException e) {
      throw new NonRecoverableException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void giveWay(boolean isAsking) throws IOException {
    for (Location other : notes(folder).files(SUFFIX)) {
      boolean isOfThisJob = other.name().startsWith(note.work().job() + "-");
      Optional<Note> found = isOfThisJob ? Optional.empty() : living(other);
      if (found.isPresent()) {
        Work others = found.get().work();
        if ((isAsking && found.get().isHeld()) || others.isBefore(note.work())) {
          boolean isSeen = found.get().machine().equals(MACHINE);
          throw refusal(
              others.images().equals(note.work().images())
                  ? ErrorKind.SAME_AT_WORK
                  : ErrorKind.FOLDER_IN_USE,
              folder,
              others.what()
                  + (isSeen ? "" : "; where it was killed, in two minutes it is forgotten"));
        }
      }
    }
  }

  private static Folder notes(Folder folder) {
    return folder.metadata().folder(FOLDER);
  }

  /** The note of a process that lives; that of another one is deleted. */
  private static Optional<Note> living(Location file) throws IOException {
    try {
      Note note = note(file);
      Optional<FileStatus> status = Stores.status(file.uri());
      boolean isAlive =
          note.machine().equals(MACHINE)
              ? isAlive(note.process())
              : status.isPresent()
                  && System.currentTimeMillis() - status.get().changed() < DEAD.toMillis();
      if (isAlive) {
        return Optional.of(note);
      }
      Stores.delete(List.of(file));
    } catch (FileNotFoundException | NoSuchFileException e) {
      // It has ended this moment.
    }
    return Optional.empty();
  }

  /**
   * Reads a claim file. A file that is incomplete, or not a claim, is judged by its modification
   * time.
   */
  private static Note note(Location file) throws IOException {
    try {
      return ConfigJson.read(Stores.text(file), Note.class, file.uri());
    } catch (InvalidConfigException e) {
      return new Note(new Work("", "", file.uri() + " cannot be read", 0), true, "", "");
    }
  }

  private static boolean isAlive(String process) {
    return ProcessHandle.allProcesses().map(FolderClaim::process).anyMatch(process::equals);
  }

  /** The number of a process and the time of its start: numbers are given again. */
  private static String process(ProcessHandle handle) {
    return "%d %s".formatted(handle.pid(), handle.info().startInstant().orElse(Instant.EPOCH));
  }

  /** Returns an id of the machine or the container of this process. */
  private static String machine() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip()
          + " "
          + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
    } catch (IOException | UnsupportedOperationException e) {
      return UUID.randomUUID().toString(); // of this process alone: others look at the time
    }
  }

  /** A job of an earlier version writes to other places, so that it cannot share the folder. */
  @SuppressWarnings("try") // the lock is held, not used
  private static void requireNoEarlierJob(Folder folder) throws IOException {
    if (!Stores.isLocal(folder.path())) {
      Folder notes = folder.folder(EARLIER);
      notes.deleteOlder(DEAD);
      if (!notes.files(SUFFIX).isEmpty()) {
        throw refusal(
            ErrorKind.FOLDER_IN_USE,
            folder,
            "of an earlier version; where it was killed, in two minutes it is forgotten");
      }
      return;
    }
    Path earlier = Path.of(folder.path(), EARLIER);
    if (Files.isRegularFile(earlier)) {
      try (FileChannel channel = FileChannel.open(earlier, StandardOpenOption.WRITE);
          FileLock alone = channel.tryLock(EARLIER_LOCK, 1, false)) {
        if (alone == null) {
          throw refusal(ErrorKind.FOLDER_IN_USE, folder, "of an earlier version");
        }
      }
      Files.delete(earlier);
    }
  }

  private static KnownIOException refusal(ErrorKind kind, Folder folder, String others) {
    return new KnownIOException(
        kind, folder, "another job is writing to %s (%s)".formatted(folder, others));
  }

  private void write(Note written) throws IOException {
    notes(folder).write(file.name(), ConfigJson.write(written));
  }

  private void beat() {
    try {
      write(note.held());
      Patience.answered(Stores.store(file.uri()));
    } catch (StoreUnavailableException e) {
      // The next beat tries again; after two minutes without one, another job may begin.
      Patience.ENDLESS.failed(e.store(), e);
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} cannot be renewed: {}", file, e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    heart.shutdownNow();
    try {
      heart.awaitTermination(HEARTBEAT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (Thread.currentThread() != farewell) {
      try {
        Runtime.getRuntime().removeShutdownHook(farewell);
      } catch (IllegalStateException e) {
        return; // it is at work
      }
    }
    Stores.delete(List.of(file));
  }

  private void closeAfterWork() {
    try {
      close();
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} stays for two minutes: {}", file, e.getMessage());
    }
  }
}
