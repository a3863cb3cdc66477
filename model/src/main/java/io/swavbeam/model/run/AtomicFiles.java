package io.swavbeam.model.run;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Writing of files and folders that are never visible in part, also after a power failure. */
public final class AtomicFiles {
  /** The end of the names of unfinished files and folders. */
  public static final String UNFINISHED = ".unfinished";

  /** Writes into a folder that is not visible under its name yet. */
  public interface FolderWriter {
    void write(Path folder) throws IOException;
  }

  private AtomicFiles() {}

  /** Writes a text file. */
  public static void write(Path file, String text) throws IOException {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes a file. */
  public static void write(Path file, byte[] bytes) throws IOException {
    write(file, out -> out.write(bytes));
  }

  /** Writes the content of a file. */
  @FunctionalInterface
  public interface FileWriter {
    /** Writes the whole content. The caller closes the stream. */
    void write(OutputStream out) throws IOException;
  }

  /** Writes a file from a stream. Creates the folder of the file. */
  public static void write(Path file, FileWriter writer) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path unfinished = beside(file);
    boolean written = false;
    try {
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(unfinished))) {
        writer.write(out);
      }
      sync(unfinished);
      move(unfinished, file);
      written = true;
    } catch (FileSystemException e) {
      throw e; // names its file
    } catch (IOException e) {
      throw new IOException("%s cannot be written: %s".formatted(file, e.getMessage()), e);
    } finally {
      if (!written) {
        Files.deleteIfExists(unfinished);
      }
    }
  }

  /**
   * Writes a folder, or replaces it.
   *
   * @param folder the folder to write; an existing one is replaced as a whole
   */
  public static void writeFolder(Path folder, FolderWriter writer) throws IOException {
    Files.createDirectories(folder.getParent());
    Path unfinished = beside(folder);
    Files.createDirectory(unfinished);
    boolean written = false;
    try {
      writer.write(unfinished);
      written = true;
    } finally {
      if (!written) {
        delete(unfinished);
      }
    }
    try (Stream<Path> files = Files.walk(unfinished)) {
      for (Path file : files.toList()) {
        sync(file);
      }
    }
    Path old = replaced(folder);
    if (Files.exists(folder)) {
      delete(old);
      move(folder, old);
    }
    move(unfinished, folder);
    delete(old);
  }

  /**
   * Restores a folder whose replacement was interrupted between the two renames: when the old
   * folder had its temporary name, and the new one did not have its final name yet.
   */
  public static void recover(Path folder) throws IOException {
    Path old = replaced(folder);
    if (Files.exists(folder)) {
      delete(old);
    } else if (Files.exists(old)) {
      move(old, folder);
    }
  }

  /** Returns the temporary name of a folder while it is being replaced. */
  public static Path replaced(Path folder) {
    return folder.resolveSibling("." + folder.getFileName() + ".replaced");
  }

  /** Deletes a file, or a folder with everything in it, if it exists. */
  public static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> walk = Files.walk(path)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }

  /** Deletes unfinished files of killed processes in a folder, if it exists. */
  public static void deleteUnfinished(Path folder) throws IOException {
    deleteUnfinished(folder, any -> true);
  }

  /**
   * Deletes some of the unfinished files in a folder.
   *
   * @param isLeft whether no process can be writing a file of this name any more
   */
  static void deleteUnfinished(Path folder, Predicate<String> isLeft) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> leftovers;
    try (Stream<Path> files = Files.list(folder)) {
      leftovers =
          files
              .filter(file -> file.getFileName().toString().endsWith(UNFINISHED))
              .filter(file -> isLeft.test(file.getFileName().toString()))
              .toList();
    }
    for (Path leftover : leftovers) {
      delete(leftover);
    }
  }

  private static Path beside(Path target) {
    return target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + UNFINISHED);
  }

  private static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    sync(to.toAbsolutePath().getParent());
  }

  /** Forces the content of a file, or the entries of a folder, to disk. */
  static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
