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
 * Finds the files that a user names: paths, folders (with all below them) and patterns. A file or
 * folder of the very name that was given wins over a pattern, be there brackets or commas in it.
 */
public final class InputFiles {
  private static final Pattern WILDCARD = Pattern.compile("[*?\\[{]");

  private InputFiles() {}

  /**
   * What was found.
   *
   * @param files each file once, in the order of their URIs
   * @param deadLetters what was found besides and is no file that can be read
   */
  public record Found(List<InputFile> files, List<DeadLetter> deadLetters) {
    public Found {
      files = List.copyOf(files);
      deadLetters = List.copyOf(deadLetters);
    }
  }

  /** Hears of what is found. */
  public interface Visitor {
    /** Called for each file. */
    void file(InputFile file) throws IOException;

    /** Called for what is no file that can be read. */
    void deadLetter(DeadLetter letter) throws IOException;
  }

  /**
   * Finds the files.
   *
   * @param inputs as for {@link #visit}
   * @throws KnownIOException in one line, if one of the inputs stands for nothing
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
   * Finds the files, however many: they are sorted on disk, and nothing of them stays in memory.
   *
   * @param inputs paths, folders, patterns such as {@code photos/**}{@code /*.jpg} or ranges such
   *     as {@code shard-{0000..0147}.tar}, as they were between commas: names with a comma are put
   *     together again
   * @param visitor of the dead letters, then of each file once, in the order of the URIs
   * @throws KnownIOException in one line, if one of the inputs stands for nothing
   */
  public static void visit(List<String> inputs, Visitor visitor) throws IOException {
    if (!visit(inputs, true, visitor)) {
      throw noInput("%s is an empty folder".formatted(String.join(",", inputs)), null);
    }
  }

  /**
   * The same for what is looked at again and again: a pattern may match nothing, and a folder may
   * be empty.
   *
   * @throws KnownIOException in one line, if one of the inputs is no pattern and does not exist
   */
  public static void look(List<String> inputs, Visitor visitor) throws IOException {
    visit(inputs, false, visitor);
  }

  /** Returns whether there was anything. */
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

  /** Sorts the files, and passes the dead letters on. */
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
     * @param root the folder that names are given from, with a slash at its end
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
   * Checks, without looking into folders, that the inputs of this machine are there.
   *
   * @param inputs as for {@link #find}
   * @throws KnownIOException in one line, if one stands for nothing
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
        throw noInput("%s is no path".formatted(input), e);
      }
    }
  }

  /**
   * Returns a file by its very name.
   *
   * @param text any text
   * @throws IOException in one line, if there is no such file, or the text can name none
   * @throws io.swavbeam.pipelines.storage.StoreUnavailableException if that may pass
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
      return " is no file, but a folder, a pipe or a device";
    }
    return Stores.isLocal(uri) && Files.exists(Stores.path(uri), LinkOption.NOFOLLOW_LINKS)
        ? " is a link that leads nowhere"
        : " does not exist";
  }

  /** Returns a file of this machine. */
  public static InputFile of(Path file) throws IOException {
    return named(file.toString());
  }

  /**
   * Puts names together that have a comma: those with a backslash before it, and those that exist.
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

  /**
   * Each input by itself, and each name of a range, unless there is something of that very name.
   */
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
      return false; // this machine's file system cannot have such a name
    }
  }

  /**
   * @return whether there is something of this very name, or that matches
   */
  private static boolean findLocal(String input, LocalFiles files) throws IOException {
    Path path;
    try {
      path = Stores.path(input).toAbsolutePath().normalize();
    } catch (IllegalArgumentException e) {
      throw noInput("%s is no path".formatted(input), e);
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

  /** Finds the file of this very name, or the folder, or the files that match. */
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
      throw noInput("%s is no pattern: %s".formatted(pattern, e.getDescription()), e);
    }
  }

  /**
   * Checks that an input can be watched. A store that does not answer passes: it is waited for.
   *
   * @throws KnownIOException in one line, if it is neither a pattern nor a folder that exists
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
      throw noInput("%s is no folder that could be watched".formatted(input), null);
    }
  }

  /**
   * Returns the beginning of a pattern that names a folder: up to the first part with a wildcard
   * that is not the very name of a folder.
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

  /** Returns how many characters of a pattern come before its first wildcard. */
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
