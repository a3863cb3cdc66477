package io.swavbeam.pipelines.storage;

import io.swavbeam.model.run.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Files of this machine. Operations are repeated a few times after temporary errors. */
final class LocalStorage implements Storage {
  @Override
  public boolean holds(String pathOrUri) {
    return Stores.isLocal(pathOrUri);
  }

  @Override
  public SeekableByteChannel open(Location file) throws IOException {
    Path path = pathOf(file.uri());
    for (int attempt = 1; ; attempt++) {
      try {
        return FileChannel.open(path, StandardOpenOption.READ);
      } catch (IOException e) {
        if (attempt == Stores.ATTEMPTS) {
          throw PassingErrors.lasting(e);
        }
        if (!PassingErrors.mayPass(e)) {
          throw e;
        }
        IoExecutor.pause(attempt);
      }
    }
  }

  /**
   * Returns a path, or throws an error in one line if this machine's file system does not support
   * it.
   */
  private static Path pathOf(String local) throws IOException {
    try {
      return Stores.path(local);
    } catch (RuntimeException e) {
      throw new IOException("%s is not a path of this machine".formatted(local), e);
    }
  }

  @Override
  public Optional<FileStatus> status(String pathOrUri) throws IOException {
    Path path = pathOf(pathOrUri).toAbsolutePath().normalize();
    BasicFileAttributes file;
    try {
      file = Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return Optional.empty(); // or it was just deleted
    }
    FileTime changed = file.lastModifiedTime();
    return file.isRegularFile()
        ? Optional.of(
            new FileStatus(Location.of(path), file.size(), changed.toString(), changed.toMillis()))
        : Optional.empty();
  }

  @Override
  public boolean isFolder(String pathOrUri) throws IOException {
    return Files.isDirectory(pathOf(pathOrUri));
  }

  @Override
  public void below(String prefix, FoundFile found) throws IOException {
    // The prefix may end within a name.
    Path folder = pathOf(prefix.substring(0, prefix.lastIndexOf('/') + 1));
    if (!Files.isDirectory(folder)) {
      return;
    }
    String beginning = folder + prefix.substring(prefix.lastIndexOf('/'));
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Optional<FileStatus> status =
            file.toString().startsWith(beginning) ? status(file.toString()) : Optional.empty();
        if (status.isPresent()) {
          found.found(status.get());
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public List<FileStatus> in(Folder folder, String suffix) throws IOException {
    List<FileStatus> found = new ArrayList<>();
    Path local = pathOf(folder.path());
    if (!Files.isDirectory(local)) {
      return found;
    }
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(local, file -> file.toString().endsWith(suffix))) {
      for (Path file : files) {
        status(file.toString()).ifPresent(found::add);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return found;
  }

  @Override
  public WritableByteChannel create(Location file) throws IOException {
    Path path = pathOf(file.uri());
    Files.createDirectories(path.toAbsolutePath().getParent());
    return FileChannel.open(
        path,
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.WRITE);
  }

  @Override
  public void move(Location from, Location to, boolean replaces) throws IOException {
    Path source = pathOf(from.uri());
    Path target = pathOf(to.uri());
    if (!replaces && Files.exists(target)) {
      if (!Files.deleteIfExists(source)) {
        throw new NoSuchFileException(from.uri());
      }
      return;
    }
    Files.createDirectories(target.toAbsolutePath().getParent());
    Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(List<Location> files) throws IOException {
    for (Location file : files) {
      Files.deleteIfExists(pathOf(file.uri()));
    }
  }

  @Override
  public void delete(Folder folder) throws IOException {
    AtomicFiles.delete(pathOf(folder.path()));
  }

  /** Deletes files in a folder by their own times, also in subfolders. */
  @Override
  public void deleteOlder(Folder folder, Duration age) throws IOException {
    long before = System.currentTimeMillis() - age.toMillis();
    Path local = pathOf(folder.path());
    if (!Files.isDirectory(local)) {
      return;
    }
    try (Stream<Path> children = Files.list(local)) {
      for (Path child : children.toList()) {
        if (Files.exists(child) && Files.getLastModifiedTime(child).toMillis() < before) {
          AtomicFiles.delete(child);
        }
      }
    }
  }
}
