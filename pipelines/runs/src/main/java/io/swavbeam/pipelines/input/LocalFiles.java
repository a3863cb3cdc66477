package io.swavbeam.pipelines.input;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.PassingErrors;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A search for files below local folders. Each entry is reported: entries that are not readable
 * files or folders are dead letters.
 *
 * <p>Links are followed. A folder is entered once, by its real path. The path without links is
 * preferred, then the first one in order. A link to a file is a separate file. Folders that this
 * software writes are skipped: run directories with their copies of archives, and embeddings.
 */
final class LocalFiles {
  private static final String RUN_LOCK = ".lock";
  private static final List<String> OF_RUNS = List.of("config.json", "archives", "manifest");
  private static final String EMBEDDINGS = "embeddings-*.parquet";

  /**
   * Marks run directories from their creation on, and folders of embeddings of earlier versions.
   */
  private static final String LISTINGS = ".listings";

  /**
   * A folder to enter.
   *
   * @param real the path without links
   * @param root the folder that names are relative to
   * @param deepest the largest depth of folders below it to enter
   * @param wanted selects files
   * @param entered the real paths of folders that are not entered again for the same files
   */
  private record Task(
      Path folder, Path real, Path root, int deepest, Predicate<Path> wanted, Entered entered) {}

  /** The folders that are not entered again. */
  private interface Entered {
    /** Adds a folder and returns whether it is new. */
    boolean add(Path real, boolean isRoot);
  }

  /**
   * Folders that were entered with everything below them. Only input folders and targets of links
   * are remembered.
   */
  private static final class EnteredWhole implements Entered {
    private final List<Path> roots = new ArrayList<>();

    @Override
    public boolean add(Path real, boolean isRoot) {
      if (!isRoot) {
        return !roots.contains(real);
      }
      if (roots.stream().anyMatch(real::startsWith)) {
        return false;
      }
      return roots.add(real);
    }
  }

  /** Folders that were entered individually, for patterns of limited depth. */
  private static final class EnteredSingly implements Entered {
    private final Set<Path> folders = new HashSet<>();

    @Override
    public boolean add(Path real, boolean isRoot) {
      return folders.add(real);
    }
  }

  private final InputFiles.Visitor visitor;
  private final Entered entered = new EnteredWhole();
  private final List<Task> links = new ArrayList<>();

  /**
   * @param visitor called with files as they are found, possibly more than once, and with
   *     unreadable entries
   */
  LocalFiles(InputFiles.Visitor visitor) {
    this.visitor = visitor;
  }

  /** Adds an input file. */
  void addFile(Path file) throws IOException {
    Path name = file.getFileName();
    add(file, file.toAbsolutePath().getParent(), name == null ? file : name, any -> true);
  }

  /** Adds all files below a folder. */
  void addFolder(Path folder) throws IOException {
    enterRoot(new Task(folder, folder, folder, Integer.MAX_VALUE, any -> true, entered));
  }

  /**
   * Adds the files below a folder that match.
   *
   * @param deepest the largest depth of folders to enter
   * @return whether there is such a file
   */
  boolean addMatching(Path folder, int deepest, Predicate<Path> wanted) throws IOException {
    boolean[] any = {false};
    Predicate<Path> noticed =
        file -> {
          boolean matches = wanted.test(file);
          any[0] |= matches;
          return matches;
        };
    Entered once = deepest == Integer.MAX_VALUE ? new EnteredWhole() : new EnteredSingly();
    enterRoot(new Task(folder, folder, folder, deepest, noticed, once));
    return any[0];
  }

  /** Follows the links to folders. Must be called after all folders were added. */
  void followLinks() throws IOException {
    while (!links.isEmpty()) {
      List<Task> these = new ArrayList<>(links);
      links.clear();
      // The order of the entries of a folder is undefined.
      these.sort(Comparator.comparing(Task::folder));
      for (Task link : these) {
        enterRoot(link);
      }
    }
  }

  private void enterRoot(Task task) throws IOException {
    Path real;
    try {
      real = task.folder().toRealPath();
    } catch (IOException e) {
      unreadable(task.folder(), "the folder cannot be entered", e);
      return;
    }
    enter(
        new Task(task.folder(), real, task.root(), task.deepest(), task.wanted(), task.entered()),
        true);
  }

  private void enter(Task task, boolean isRoot) throws IOException {
    if (!task.entered().add(task.real(), isRoot)) {
      return;
    }
    List<Path> folders = new ArrayList<>();
    try {
      if (isOfSwav(task.folder())) {
        return;
      }
      try (DirectoryStream<Path> children = Files.newDirectoryStream(task.folder())) {
        for (Path child : children) {
          visit(child, task, folders);
        }
      }
    } catch (VisitorException e) {
      throw e.cause;
    } catch (IOException e) {
      unreadable(task.folder(), "the folder cannot be entered", e);
    } catch (DirectoryIteratorException e) {
      unreadable(task.folder(), "the folder cannot be read to its end", e.getCause());
    }
    // Enters one folder after the other, so that only one is open.
    for (Path folder : folders) {
      enter(
          new Task(
              folder,
              task.real().resolve(folder.getFileName()),
              task.root(),
              task.deepest() - 1,
              task.wanted(),
              task.entered()),
          false);
    }
  }

  private static boolean isOfSwav(Path folder) throws IOException {
    if (Files.exists(folder.resolve(LISTINGS)) || Files.exists(folder.resolve(Folder.METADATA))) {
      return true;
    }
    if (Files.exists(folder.resolve(RUN_LOCK))
        && OF_RUNS.stream().anyMatch(name -> Files.exists(folder.resolve(name)))) {
      return true;
    }
    try (DirectoryStream<Path> embeddings = Files.newDirectoryStream(folder, EMBEDDINGS)) {
      return embeddings.iterator().hasNext();
    }
  }

  private void visit(Path child, Task task, List<Path> folders) throws IOException {
    try {
      BasicFileAttributes itself =
          Files.readAttributes(child, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      BasicFileAttributes target =
          itself.isSymbolicLink() ? Files.readAttributes(child, BasicFileAttributes.class) : itself;
      if (!target.isDirectory()) {
        add(child, task.root(), task.root().relativize(child), task.wanted());
      } else if (task.deepest() > 0) {
        if (itself.isSymbolicLink()) {
          links.add(
              new Task(
                  child, child, task.root(), task.deepest() - 1, task.wanted(), task.entered()));
        } else {
          folders.add(child);
        }
      }
    } catch (NoSuchFileException | FileSystemLoopException e) {
      if (task.wanted().test(child)) {
        letter(child, ErrorKind.NOT_AN_IMAGE, "it is a broken link");
      }
    } catch (VisitorException e) {
      throw e;
    } catch (IOException e) {
      if (task.wanted().test(child)) {
        unreadable(child, "its status cannot be read", e);
      }
    }
  }

  private void add(Path file, Path root, Path name, Predicate<Path> wanted) throws IOException {
    if (!wanted.test(file)) {
      return;
    }
    String path = file.toAbsolutePath().toString();
    if (!Path.of(path).equals(file.toAbsolutePath())) {
      letter(file, ErrorKind.UNREADABLE_FILE, "its name is not UTF-8: rename it");
      return;
    }
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(file, BasicFileAttributes.class);
    } catch (IOException e) {
      unreadable(file, "its status cannot be read below " + root, e);
      return;
    }
    if (!attributes.isRegularFile()) {
      letter(
          file, ErrorKind.NOT_AN_IMAGE, "it is not a file but a named pipe, a socket or a device");
      return;
    }
    InputFile found =
        new InputFile(
            new Location(path),
            name.toString(),
            attributes.size(),
            attributes.lastModifiedTime().toString());
    try {
      visitor.file(found);
    } catch (IOException e) {
      throw new VisitorException(e);
    }
  }

  private void unreadable(Path path, String what, IOException e) throws IOException {
    letter(
        path, ErrorKind.UNREADABLE_FILE, "%s: %s".formatted(what, why(PassingErrors.lasting(e))));
  }

  private static String why(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "no permission";
    }
    return e instanceof FileSystemException file && file.getReason() != null
        ? file.getReason()
        : e.getClass().getSimpleName();
  }

  private void letter(Path path, ErrorKind kind, String why) throws IOException {
    String source = path.toAbsolutePath().toString();
    Path name = path.getFileName();
    try {
      visitor.deadLetter(new DeadLetter(source, String.valueOf(name), "list", why, kind));
    } catch (IOException e) {
      throw new VisitorException(e);
    }
  }

  /** An exception of the visitor, not an error of a file. */
  private static final class VisitorException extends IOException {
    private final IOException cause;

    VisitorException(IOException cause) {
      super(cause);
      this.cause = cause;
    }
  }
}
