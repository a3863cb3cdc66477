package io.swavbeam.app.embedding;

import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A claim on a folder of this machine: a lock of the file system on {@value #FILE}, which ends with
 * the process, however that ends. The first byte is locked while somebody looks or writes what is
 * embedded, the second is held together by all who embed that.
 */
final class LocalClaim implements OutputClaim {
  static final String FILE = "lock";

  /** The same file in folders of earlier versions, beside the rows. */
  private static final String EARLIER_FILE = ".lock";

  private static final int DOOR = 0;
  private static final int ROOM = 1;
  private static final int TEXT = 2;
  private static final int LONGEST_TEXT = 1 << 20;

  /** A process has all its locks of a file by one channel: closing another would end them. */
  private static final Map<Path, LocalClaim> OF_THIS_PROCESS = new HashMap<>();

  private final Path folder;
  private final FileChannel channel;
  private Work work;
  private int holders;

  private LocalClaim(Path folder, FileChannel channel, Work work) {
    this.folder = folder;
    this.channel = channel;
    this.work = work;
  }

  /**
   * Takes the right to write into a folder that exists.
   *
   * @throws CommandFailedException in one line, if others are writing other embeddings
   */
  static LocalClaim take(Path folder, Work work) throws CommandFailedException, IOException {
    Path real = folder.toRealPath();
    synchronized (OF_THIS_PROCESS) {
      LocalClaim known = OF_THIS_PROCESS.get(real);
      if (known == null) {
        known = open(real, work);
        OF_THIS_PROCESS.put(real, known);
      } else if (!known.work.images().equals(work.images())) {
        throw OutputClaim.refusal(folder, known.work.what());
      }
      known.holders++;
      return known;
    }
  }

  @SuppressWarnings("try") // the lock is held, not used
  private static LocalClaim open(Path folder, Work work)
      throws CommandFailedException, IOException {
    FileChannel channel =
        FileChannel.open(
            file(folder),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    boolean taken = false;
    try {
      LocalClaim claim = new LocalClaim(folder, channel, work);
      try (FileLock door = channel.lock(DOOR, 1, false)) {
        claim.enter();
      }
      requireNoEarlierJob(folder);
      taken = true;
      return claim;
    } finally {
      if (!taken) {
        channel.close();
      }
    }
  }

  private static Path file(Path folder) throws IOException {
    return Files.createDirectories(folder.resolve(Folder.METADATA)).resolve(FILE);
  }

  /** A job of an earlier version writes to other places, so that it cannot share the folder. */
  @SuppressWarnings("try") // the lock is held, not used
  private static void requireNoEarlierJob(Path folder) throws CommandFailedException, IOException {
    Path earlier = folder.resolve(EARLIER_FILE);
    if (!Files.exists(earlier)) {
      return;
    }
    try (FileChannel channel = FileChannel.open(earlier, StandardOpenOption.WRITE);
        FileLock alone = channel.tryLock(ROOM, 1, false)) {
      if (alone == null) {
        throw OutputClaim.refusal(folder, "of an earlier version");
      }
    }
    Files.delete(earlier);
  }

  private void enter() throws CommandFailedException, IOException {
    try (FileLock alone = channel.tryLock(ROOM, 1, false)) {
      if (alone != null) {
        write();
      } else {
        Work others = read();
        if (others == null || !others.images().equals(work.images())) {
          throw OutputClaim.refusal(folder, others == null ? "of other images" : others.what());
        }
      }
    }
    channel.lock(ROOM, 1, true); // until the channel is closed
  }

  private void write() throws IOException {
    ByteBuffer text = ByteBuffer.wrap(ConfigJson.write(work).getBytes(StandardCharsets.UTF_8));
    channel.truncate(TEXT);
    channel.position(TEXT);
    while (text.hasRemaining()) {
      channel.write(text);
    }
  }

  private @Nullable Work read() throws IOException {
    long length = channel.size() - TEXT;
    if (length <= 0 || length > LONGEST_TEXT) {
      return null;
    }
    ByteBuffer text = ByteBuffer.allocate((int) length);
    channel.position(TEXT);
    Stores.readFully(channel, text);
    return ConfigJson.read(
        new String(text.array(), StandardCharsets.UTF_8), Work.class, file(folder).toString());
  }

  @Override
  public void close() throws IOException {
    synchronized (OF_THIS_PROCESS) {
      holders--;
      if (holders == 0) {
        OF_THIS_PROCESS.remove(folder);
        channel.close();
      }
    }
  }
}
