package io.swavbeam.pipelines.input;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.PassingErrors;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Finds files below folders of this machine. It decides by itself what it sees, so that nothing is
 * hidden: what is no readable file or folder is a dead letter.
 *
 * <p>Links are followed. A folder is entered once, by its real path: the path without links wins,
 * then the first in order. A link to a file is a file of its own. The folders that swav writes are
 * left out: runs with their copies of archives, and embeddings.
 */
final class LocalFiles {
  private static final String RUN_LOCK = ".lock";
  private static final List<String> OF_RUNS = List.of("config.json", "archives", "manifest");
  private static final String EMBEDDINGS = "embeddings-*.parquet";

  /**
   * A folder that is still to be entered.
   *
   * @param root what names are given from
   * @param deepest how many folders below it may be entered
   * @param wanted which files
   * @param entered real paths of the folders that need not be entered again for the same files
   */
  private record Task(
      Path folder, Path root, int deepest, Predicate<Path> wanted, Set<Path> entered) {}

  private final Map<String, InputFile> files = new TreeMap<>();
  private final List<DeadLetter> deadLetters = new ArrayList<>();
  private final Set<Path> entered = new HashSet<>();
  private final Deque<Task> links = new ArrayDeque<>();

  /** The files found so far, each once, by their paths. */
  Map<String, InputFile> files() {
    return files;
  }

  /** What was found besides, and cannot be read. */
  List<DeadLetter> deadLetters() {
    return deadLetters;
  }

  /** A file that was named itself. */
  void addFile(Path file) {
    Path name = file.getFileName();
    add(file, file.toAbsolutePath().getParent(), name == null ? file : name, any -> true);
  }

  /** All files below a folder. */
  void addFolder(Path folder) {
    enter(new Task(folder, folder, Integer.MAX_VALUE, any -> true, entered));
  }

  /**
   * The files below a folder that match.
   *
   * @param deepest how many folders below this one are entered
   * @return whether there is one
   */
  boolean addMatching(Path folder, int deepest, Predicate<Path> wanted) {
    boolean[] any = {false};
    Predicate<Path> noticed =
        file -> {
          boolean matches = wanted.test(file);
          any[0] |= matches;
          return matches;
        };
    enter(new Task(folder, folder, deepest, noticed, new HashSet<>()));
    return any[0];
  }

  /** Follows the links to folders; to be called when all folders were added. */
  void followLinks() {
    while (!links.isEmpty()) {
      enter(links.remove());
    }
  }

  private void enter(Task task) {
    try {
      if (!task.entered().add(task.folder().toRealPath()) || isOfSwav(task.folder())) {
        return;
      }
      List<Path> children = new ArrayList<>();
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(task.folder())) {
        stream.forEach(children::add);
      }
      children.sort(null);
      for (Path child : children) {
        visit(child, task);
      }
    } catch (IOException e) {
      unreadable(task.folder(), "the folder cannot be entered", e);
    } catch (DirectoryIteratorException e) {
      unreadable(task.folder(), "the folder cannot be read to its end", e.getCause());
    }
  }

  private static boolean isOfSwav(Path folder) throws IOException {
    if (Files.exists(folder.resolve(RUN_LOCK))
        && OF_RUNS.stream().anyMatch(name -> Files.exists(folder.resolve(name)))) {
      return true;
    }
    try (DirectoryStream<Path> embeddings = Files.newDirectoryStream(folder, EMBEDDINGS)) {
      return embeddings.iterator().hasNext();
    }
  }

  private void visit(Path child, Task task) {
    try {
      BasicFileAttributes itself =
          Files.readAttributes(child, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      BasicFileAttributes target =
          itself.isSymbolicLink() ? Files.readAttributes(child, BasicFileAttributes.class) : itself;
      if (!target.isDirectory()) {
        add(child, task.root(), task.root().relativize(child), task.wanted());
      } else if (task.deepest() > 0) {
        Task below =
            new Task(child, task.root(), task.deepest() - 1, task.wanted(), task.entered());
        if (itself.isSymbolicLink()) {
          links.add(below);
        } else {
          enter(below);
        }
      }
    } catch (NoSuchFileException | FileSystemLoopException e) {
      if (task.wanted().test(child)) {
        letter(child, "it is a link that leads nowhere");
      }
    } catch (IOException e) {
      if (task.wanted().test(child)) {
        unreadable(child, "it cannot be looked at", e);
      }
    }
  }

  private void add(Path file, Path root, Path name, Predicate<Path> wanted) {
    if (!wanted.test(file)) {
      return;
    }
    String path = file.toAbsolutePath().toString();
    if (!Path.of(path).equals(file.toAbsolutePath())) {
      letter(file, "its name is not UTF-8: rename it");
      return;
    }
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      if (attributes.isRegularFile()) {
        files.putIfAbsent(
            path, new InputFile(new Location(path), name.toString(), attributes.size()));
      } else {
        letter(file, "it is no file, but a named pipe, a socket or a device");
      }
    } catch (IOException e) {
      unreadable(file, "it cannot be looked at below " + root, e);
    }
  }

  private void unreadable(Path path, String what, IOException e) {
    String why =
        PassingErrors.lasting(e) instanceof AccessDeniedException
            ? "no permission"
            : e.getClass().getSimpleName();
    letter(path, "%s: %s".formatted(what, why));
  }

  private void letter(Path path, String why) {
    String source = path.toAbsolutePath().toString();
    Path name = path.getFileName();
    deadLetters.add(new DeadLetter(source, String.valueOf(name), "list", why));
  }
}
