package io.swavbeam.pipelines.input;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownIOException;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.storage.FileStatus;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import io.swavbeam.pipelines.storage.Stores;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A search for the input files: paths, folders (with everything below them) and patterns. An
 * existing file or folder with exactly the given name is preferred to a pattern, also if it has
 * brackets or commas.
 */
public final class InputFiles {
  private static final Pattern WILDCARD = Pattern.compile("[*?\\[{]");

  private InputFiles() {}

  /**
   * The result of a search.
   *
   * @param files each file once, in the order of their URIs
   * @param deadLetters entries that are not readable files
   */
  public record Found(List<InputFile> files, List<DeadLetter> deadLetters) {
    public Found {
      files = List.copyOf(files);
      deadLetters = List.copyOf(deadLetters);
    }
  }

  /** Receives the results of a search. */
  public interface Visitor {
    /** Called for each file. */
    void file(InputFile file) throws IOException;

    /** Called for each entry that is not a readable file. */
    void deadLetter(DeadLetter letter) throws IOException;
  }

  /**
   * Finds the files.
   *
   * @param inputs as for {@link #visit}
   * @throws KnownIOException in one line, if an input matches nothing
   */
  public static Found find(List<String> inputs) throws IOException {
    List<InputFile> files = new ArrayList<>();
    List<DeadLetter> deadLetters = new ArrayList<>();
    visit(
        inputs,
        new Visitor() {
          @Override
          public void file(InputFile file) {
            files.add(file);
          }

          @Override
          public void deadLetter(DeadLetter letter) {
            deadLetters.add(letter);
          }
        });
    return new Found(files, deadLetters);
  }

  /**
   * Finds any number of files. They are sorted on disk, so memory does not grow with them.
   *
   * @param inputs paths, folders, patterns such as {@code photos/**}{@code /*.jpg}, or ranges such
   *     as {@code shard-{0000..0147}.tar}. They may have been split at commas; names with a comma
   *     are joined again.
   * @param visitor called with the dead letters, then with each file once, in the order of the URIs
   * @throws KnownIOException in one line, if an input matches nothing
   */
  public static void visit(List<String> inputs, Visitor visitor) throws IOException {
    if (!visit(inputs, true, visitor)) {
      throw noInput("%s is an empty folder".formatted(String.join(",", inputs)), null);
    }
  }

  /**
   * Finds the files of inputs that are watched. A pattern may match nothing, and a folder may be
   * empty.
   *
   * @throws KnownIOException in one line, if an input is not a pattern and does not exist
   */
  public static void look(List<String> inputs, Visitor visitor) throws IOException {
    visit(inputs, false, visitor);
  }

  /** Returns whether anything was found. */
  private static boolean visit(List<String> inputs, boolean mustMatch, Visitor visitor)
      throws IOException {
    try (SortedFiles files = new SortedFiles()) {
      Collector collector = new Collector(files, visitor);
      LocalFiles local = new LocalFiles(collector);
      for (String input : expanded(inputs)) {
        if (!Stores.isLocal(input)) {
          findRemote(input, mustMatch, collector);
        } else if (!findLocal(input, local)) {
          if (!hasWildcard(input)) {
            throw noInput("%s does not exist".formatted(input), null);
          }
          if (mustMatch) {
            throw noInput("%s matches no file".formatted(input), null);
          }
        }
      }
      local.followLinks();
      files.visit(visitor::file);
      return files.count() > 0 || collector.anyLetter;
    }
  }

  /** Sorts the files, and passes on the dead letters. */
  private static final class Collector implements Visitor {
    private final SortedFiles files;
    private final Visitor letters;
    private boolean anyLetter;

    Collector(SortedFiles files, Visitor letters) {
      this.files = files;
      this.letters = letters;
    }

    @Override
    public void file(InputFile file) throws IOException {
      files.add(file);
    }

    @Override
    public void deadLetter(DeadLetter letter) throws IOException {
      anyLetter = true;
      letters.deadLetter(letter);
    }

    /**
     * @param root the input folder with a trailing slash; names are relative to it
     */
    void add(FileStatus file, String root) throws IOException {
      String uri = file.location().uri();
      String name = uri.startsWith(root) ? uri.substring(root.length()) : uri;
      if (uri.endsWith("/")) {
        deadLetter(
            new DeadLetter(
                uri,
                name,
                "list",
                "its key ends in a slash, as a folder's: rename it",
                ErrorKind.NOT_AN_IMAGE));
      } else {
        file(new InputFile(file.location(), name, file.length(), file.version()));
      }
    }
  }

  /**
   * Checks that local inputs exist, without listing folders.
   *
   * @param inputs as for {@link #find}
   * @throws KnownIOException in one line, if an input matches nothing
   */
  public static void requireExisting(List<String> inputs) throws IOException {
    for (String input : expanded(inputs)) {
      if (!Stores.isLocal(input) || hasWildcard(input)) {
        continue;
      }
      try {
        if (!Files.exists(Stores.path(input), LinkOption.NOFOLLOW_LINKS)) {
          throw noInput("%s does not exist".formatted(input), null);
        }
      } catch (IllegalArgumentException e) {
        throw noInput("%s is not a path".formatted(input), e);
      }
    }
  }

  /**
   * Returns a file by its exact name.
   *
   * @param text any text
   * @throws IOException in one line, if there is no such file, or the text is not a valid name
   * @throws io.swavbeam.pipelines.storage.StoreUnavailableException if the error is temporary
   */
  public static InputFile named(String text) throws IOException {
    String uri = Stores.withLowerCaseScheme(text);
    Optional<FileStatus> found = Stores.status(uri);
    if (found.isEmpty()) {
      throw new FileNotFoundException(uri + whyNoFile(uri));
    }
    FileStatus file = found.get();
    return new InputFile(file.location(), file.location().name(), file.length(), file.version());
  }

  private static String whyNoFile(String uri) throws IOException {
    if (Stores.isLocal(uri) ? existsHere(uri) : Stores.isFolder(uri)) {
      return " is not a file but a folder, a pipe or a device";
    }
    return Stores.isLocal(uri) && Files.exists(Stores.path(uri), LinkOption.NOFOLLOW_LINKS)
        ? " is a broken link"
        : " does not exist";
  }

  /** Returns a local file. */
  public static InputFile of(Path file) throws IOException {
    return named(file.toString());
  }

  /**
   * Joins names that were split at a comma: if a backslash precedes the comma, or if the joined
   * name exists.
   */
  public static List<String> names(List<String> parts) {
    List<String> escaped = new ArrayList<>();
    StringBuilder begun = new StringBuilder();
    for (String part : parts) {
      begun.append(part);
      if (part.endsWith("\\")) {
        begun.setCharAt(begun.length() - 1, ',');
      } else {
        escaped.add(begun.toString());
        begun.setLength(0);
      }
    }
    if (begun.length() > 0) {
      escaped.add(begun.toString());
    }
    List<String> names = new ArrayList<>();
    for (int first = 0; first < escaped.size(); ) {
      int end = escaped.size();
      while (end > first + 1 && !existsHere(String.join(",", escaped.subList(first, end)))) {
        end--;
      }
      names.add(String.join(",", escaped.subList(first, end)));
      first = end;
    }
    return names;
  }

  /** Returns each input, and each name of a range, unless the range is the exact name of a file. */
  private static List<String> expanded(List<String> inputs) throws IOException {
    List<String> expanded = new ArrayList<>();
    for (String given : names(inputs)) {
      String name = Stores.withLowerCaseScheme(given);
      if (BraceRange.isIn(name) && !exists(name)) {
        expanded.addAll(BraceRange.expand(name));
      } else {
        expanded.add(name);
      }
    }
    return expanded;
  }

  private static boolean exists(String name) throws IOException {
    return Stores.isLocal(name) ? existsHere(name) : Stores.status(name).isPresent();
  }

  private static boolean existsHere(String path) {
    try {
      return Stores.isLocal(path) && Files.exists(Stores.path(path));
    } catch (IllegalArgumentException e) {
      return false; // this machine's file system does not support the name
    }
  }

  /**
   * @return whether the input exists or matches a file
   */
  private static boolean findLocal(String input, LocalFiles files) throws IOException {
    Path path;
    try {
      path = Stores.path(input).toAbsolutePath().normalize();
    } catch (IllegalArgumentException e) {
      throw noInput("%s is not a path".formatted(input), e);
    }
    if (Files.isDirectory(path)) {
      files.addFolder(path);
      return true;
    }
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      files.addFile(path);
      return true;
    }
    if (!hasWildcard(input)) {
      return false;
    }
    String parent = folderOf(input);
    Path root = Path.of(parent).toAbsolutePath().normalize();
    PathMatcher pattern = matcher(input, parent);
    if (Files.isDirectory(root)) {
      int deepest =
          input.contains("**")
              ? Integer.MAX_VALUE
              : Path.of(input.substring(parent.length()).replaceAll("[*?]", "x")).getNameCount()
                  - 1;
      return files.addMatching(root, deepest, file -> pattern.matches(root.relativize(file)));
    }
    return false;
  }

  /** Finds the file or the folder with this exact name, or the files that match. */
  private static void findRemote(String input, boolean mustMatch, Collector files)
      throws IOException {
    String trimmed = input.endsWith("/") ? input.substring(0, input.length() - 1) : input;
    boolean isBucket = trimmed.matches("s3://[^/]+");
    Optional<FileStatus> file = isBucket ? Optional.empty() : Stores.status(trimmed);
    if (file.isPresent()) {
      files.add(file.get(), trimmed.substring(0, trimmed.lastIndexOf('/') + 1));
      return;
    }
    if (hasWildcard(trimmed) && !Stores.isFolder(trimmed)) {
      findMatching(trimmed, mustMatch, files);
      return;
    }
    String folder = Stores.folder(trimmed);
    boolean[] any = {false};
    Stores.below(
        folder,
        found -> {
          files.add(found, folder);
          any[0] = true;
        });
    if (!any[0] && mustMatch) {
      throw noInput("%s does not exist or is an empty folder".formatted(input), null);
    }
  }

  private static void findMatching(String pattern, boolean mustMatch, Collector files)
      throws IOException {
    String root = folderOf(pattern);
    PathMatcher matcher = matcher(pattern, root);
    String prefix = pattern.substring(0, root.length() + literal(pattern.substring(root.length())));
    boolean[] any = {false};
    Stores.below(
        prefix,
        found -> {
          String name = found.location().uri().substring(root.length());
          if (matcher.matches(Path.of(name))) {
            files.add(found, root);
            any[0] = true;
          }
        });
    if (!any[0] && mustMatch) {
      throw noInput("%s matches no file".formatted(pattern), null);
    }
  }

  private static PathMatcher matcher(String pattern, String root) throws KnownIOException {
    try {
      return FileSystems.getDefault().getPathMatcher("glob:" + pattern.substring(root.length()));
    } catch (PatternSyntaxException e) {
      throw noInput("%s is not a pattern: %s".formatted(pattern, e.getDescription()), e);
    }
  }

  /**
   * Checks that an input can be watched. A store that does not answer is accepted, because the
   * stream waits for it.
   *
   * @throws KnownIOException in one line, if it is neither a pattern nor an existing folder
   * @throws IOException in one line, if it is in a bucket that does not exist
   */
  public static void requireWatchable(String input) throws IOException {
    boolean isFolder;
    try {
      isFolder = Stores.isFolder(input) || !Stores.isLocal(input);
    } catch (StoreUnavailableException e) {
      isFolder = true;
    }
    if (!isFolder && (existsHere(input) || !hasWildcard(input))) {
      throw noInput("%s is not a folder that can be watched".formatted(input), null);
    }
  }

  /**
   * Returns the folder of a pattern: its part before the first component with a wildcard that is
   * not the exact name of a folder.
   */
  private static String folderOf(String pattern) throws IOException {
    String[] parts = pattern.split("/", -1);
    StringBuilder folder = new StringBuilder();
    for (int i = 0; i < parts.length - 1; i++) {
      if (hasWildcard(parts[i]) && !Stores.isFolder(folder + parts[i])) {
        break;
      }
      folder.append(parts[i]).append('/');
    }
    return folder.toString();
  }

  /** Returns the number of characters of a pattern before its first wildcard. */
  private static int literal(String pattern) {
    Matcher wildcard = WILDCARD.matcher(pattern);
    return wildcard.find() ? wildcard.start() : pattern.length();
  }

  private static boolean hasWildcard(String part) {
    return WILDCARD.matcher(part).find();
  }

  static KnownIOException noInput(String message, @Nullable Throwable cause) {
    return new KnownIOException(ErrorKind.NO_INPUT, "", message, cause);
  }
}
