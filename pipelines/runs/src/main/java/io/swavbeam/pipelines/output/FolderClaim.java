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
 * The exclusive right of a job to write embeddings into a folder. Two jobs at the same time would
 * not see each other's images, and could write two rows of the same image.
 *
 * <p>Each process of a job has a file in {@code _swav/lock/}, which it rewrites every 20 seconds. A
 * file is obsolete if its process has ended. The file of a process on another machine is obsolete
 * when it is two minutes old. So a job holds the folder as long as any of its processes runs.
 *
 * <p>A process first writes a request, and gives up if another job holds the folder or has
 * requested it earlier. Then it writes that it holds the folder, and checks again. If two jobs
 * request the folder at the same time, the later one sees the earlier one.
 */
@Internal
public final class FolderClaim implements Closeable {
  /**
   * The work of a job, as it is written to the folder.
   *
   * @param job a unique name
   * @param images a text that is equal for the same input that is embedded in the same way
   * @param what a description of the images for people
   * @param since the time when the job was begun, in milliseconds since 1970
   */
  public record Work(String job, String images, String what, long since) implements Serializable {
    /** Creates the work of a new job. */
    public static Work begin(String job, String images, String what) {
      return new Work(job, images, what, System.currentTimeMillis());
    }

    private boolean isBefore(Work other) {
      return since != other.since ? since < other.since : job.compareTo(other.job) < 0;
    }
  }

  /**
   * The content of a claim file.
   *
   * @param isHeld whether the folder is held, and not only requested
   * @param machine the machine of the process
   * @param process the process id and the start time of the process
   */
  private record Note(Work work, boolean isHeld, String machine, String process) {
    Note held() {
      return new Note(work, true, machine, process);
    }
  }

  private record JobFolder(Folder folder, Work work) {}

  private static final Logger LOG = LoggerFactory.getLogger(FolderClaim.class);
  private static final String FOLDER = "lock";

  /** The claim of jobs of earlier versions: a file, or a folder in a bucket. */
  private static final String EARLIER = ".lock";

  /** The byte of the file that jobs of earlier versions lock. */
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
   * Claims the folder.
   *
   * @throws KnownIOException in one line, if another job has claimed it. The kind is {@link
   *     ErrorKind#SAME_AT_WORK} if that job embeds the same images, else {@link
   *     ErrorKind#FOLDER_IN_USE}.
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
   * Claims the folder for the threads of a worker, which share the claim.
   *
   * @throws NonRecoverableException in one line, if another job has claimed it
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
              others.what() + (isSeen ? "" : "; if that job was killed, try again in two minutes"));
        }
      }
    }
  }

  private static Folder notes(Folder folder) {
    return folder.metadata().folder(FOLDER);
  }

  /** Returns the claim of a running process. Deletes obsolete claims. */
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
      // The process has just ended.
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

  /** Returns the process id and the start time, because process ids are reused. */
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
      return UUID.randomUUID()
          .toString(); // an id of this process only; other processes compare the time
    }
  }

  /**
   * Fails if a job of an earlier version is at work. It writes to other places, so it cannot share
   * the folder.
   */
  @SuppressWarnings("try") // the lock is held, not used
  private static void requireNoEarlierJob(Folder folder) throws IOException {
    if (!Stores.isLocal(folder.path())) {
      Folder notes = folder.folder(EARLIER);
      notes.deleteOlder(DEAD);
      if (!notes.files(SUFFIX).isEmpty()) {
        throw refusal(
            ErrorKind.FOLDER_IN_USE,
            folder,
            "of an earlier version; if that job was killed, try again in two minutes");
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
      // The next attempt may succeed. After two minutes without success, another job may begin.
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
        return; // a job is at work
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
