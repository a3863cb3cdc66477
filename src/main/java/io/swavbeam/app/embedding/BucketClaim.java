package io.swavbeam.app.embedding;

import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Patience;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import io.swavbeam.pipelines.storage.Stores;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A claim on a folder of a bucket, which has no locks: an object in {@value #FOLDER}, written anew
 * while the command lives. One that is two minutes old is nobody's, and goes.
 *
 * <p>Of two that begin at one moment, both see both, and the one that says it is older stays.
 */
final class BucketClaim implements OutputClaim {
  static final String FOLDER = "lock";

  /** The same folder in earlier versions, beside the rows. */
  static final String EARLIER_FOLDER = ".lock";

  private static final Logger LOG = LoggerFactory.getLogger(BucketClaim.class);
  private static final Duration DEAD = Duration.ofMinutes(2);
  private static final long HEARTBEAT_SECONDS = 20;

  /** What the object holds. */
  private record Note(Work work, long since) {
    boolean isBefore(Note other) {
      return since != other.since
          ? since < other.since
          : work.job().compareTo(other.work.job()) < 0;
    }
  }

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
  private final Thread farewell = new Thread(this::leave, "claim-end");

  private BucketClaim(Location file, Note note) {
    this.file = file;
    this.note = note;
  }

  /**
   * Takes the right to write into a folder.
   *
   * @throws CommandFailedException in one line, if others are writing other embeddings
   */
  static BucketClaim take(Folder folder, Work work) throws CommandFailedException, IOException {
    Folder notes = folder.metadata().folder(FOLDER);
    notes.deleteOlder(DEAD);
    Note own = new Note(work, System.currentTimeMillis());
    BucketClaim claim = new BucketClaim(notes.file(work.job() + ".json"), own);
    claim.write();
    boolean taken = false;
    try {
      for (Location other : notes.files(".json")) {
        Note found = read(other, own);
        if (!found.work().images().equals(work.images()) && found.isBefore(own)) {
          throw OutputClaim.refusal(
              folder,
              found.work().what() + "; where it was killed, in two minutes it is forgotten");
        }
      }
      requireNoEarlierJob(folder);
      taken = true;
    } finally {
      if (!taken) {
        claim.close();
      }
    }
    Runtime.getRuntime().addShutdownHook(claim.farewell);
    ScheduledFuture<?> unused =
        claim.heart.scheduleAtFixedRate(
            claim::beat, HEARTBEAT_SECONDS, HEARTBEAT_SECONDS, TimeUnit.SECONDS);
    return claim;
  }

  /** A job of an earlier version writes to other places, so that it cannot share the folder. */
  private static void requireNoEarlierJob(Folder folder)
      throws CommandFailedException, IOException {
    Folder notes = folder.folder(EARLIER_FOLDER);
    notes.deleteOlder(DEAD);
    if (!notes.files(".json").isEmpty()) {
      throw OutputClaim.refusal(
          folder, "of an earlier version; where it was killed, in two minutes it is forgotten");
    }
  }

  /** The note of a file; our own where it has gone meanwhile. */
  private static Note read(Location file, Note own) throws IOException {
    try {
      return ConfigJson.read(Stores.text(file), Note.class, file.uri());
    } catch (FileNotFoundException e) {
      return own;
    }
  }

  private void write() throws IOException {
    try (WritableByteChannel out = Stores.create(file)) {
      ByteBuffer text = ByteBuffer.wrap(ConfigJson.write(note).getBytes(StandardCharsets.UTF_8));
      while (text.hasRemaining()) {
        out.write(text);
      }
    }
  }

  private void beat() {
    try {
      write();
      Patience.answered(Stores.store(file.uri()));
    } catch (StoreUnavailableException e) {
      // The next beat tries again; after two minutes without one, another command may begin.
      Patience.ENDLESS.failed(e.store(), e.getMessage());
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
    try {
      Runtime.getRuntime().removeShutdownHook(farewell);
    } catch (IllegalStateException e) {
      return; // it is at work
    }
    Stores.delete(List.of(file));
  }

  private void leave() {
    heart.shutdownNow();
    try {
      Stores.delete(List.of(file));
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} stays for two minutes: {}", file, e.getMessage());
    }
  }
}
