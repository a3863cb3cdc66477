package io.swavbeam.pipelines.input;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import org.apache.beam.sdk.io.fs.MatchResult;

/**
 * From what the user says to files: paths, folders (with all below them) and patterns. What exists
 * under the very name that was given comes first, be there brackets or commas in it.
 */
public final class InputFiles {
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
   * @throws InputException in one line, if one of the inputs stands for nothing
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
   * @throws InputException in one line, if one of the inputs stands for nothing
   */
  public static void visit(List<String> inputs, Visitor visitor) throws IOException {
    try (SortedFiles files = new SortedFiles()) {
      boolean[] any = {false};
      LocalFiles local =
          new LocalFiles(
              new Visitor() {
                @Override
                public void file(InputFile file) throws IOException {
                  files.add(file);
                }

                @Override
                public void deadLetter(DeadLetter letter) throws IOException {
                  any[0] = true;
                  visitor.deadLetter(letter);
                }
              });
      for (String input : expanded(inputs)) {
        if (!Storage.isLocal(input)) {
          findRemote(input, files);
          continue;
        }
        if (!findLocal(input, local)) {
          throw new InputException(
              hasWildcard(input)
                  ? "--input=%s matches no file".formatted(input)
                  : "--input=%s does not exist".formatted(input));
        }
      }
      local.followLinks();
      if (files.count() == 0 && !any[0]) {
        throw new InputException(
            "--input=%s is an empty folder".formatted(String.join(",", inputs)));
      }
      files.visit(visitor::file);
    }
  }

  /**
   * Checks, without looking into folders, that the inputs of this machine are there.
   *
   * @param inputs as for {@link #find}
   * @throws InputException in one line, if one stands for nothing
   */
  public static void requireExisting(List<String> inputs) throws IOException {
    for (String input : expanded(inputs)) {
      if (!Storage.isLocal(input) || hasWildcard(input)) {
        continue;
      }
      try {
        if (!Files.exists(Storage.path(input), LinkOption.NOFOLLOW_LINKS)) {
          throw new InputException("--input=%s does not exist".formatted(input));
        }
      } catch (IllegalArgumentException e) {
        throw new InputException("--input=%s is no path".formatted(input), e);
      }
    }
  }

  /**
   * A file by its very name.
   *
   * @throws IOException if there is no such file
   */
  public static InputFile named(String uri) throws IOException {
    if (Storage.isLocal(uri)) {
      Path path = Storage.path(uri).toAbsolutePath();
      if (!Files.isRegularFile(path)) {
        throw new FileNotFoundException(uri);
      }
      return of(path);
    }
    List<MatchResult.Metadata> found = Storage.match(uri);
    if (found.size() != 1) {
      throw new FileNotFoundException(uri);
    }
    MatchResult.Metadata file = found.get(0);
    return new InputFile(
        Location.of(file),
        String.valueOf(file.resourceId().getFilename()),
        file.sizeBytes(),
        Storage.version(file));
  }

  /** A file of this machine, by itself. */
  public static InputFile of(Path file) throws IOException {
    return new InputFile(
        Location.of(file),
        String.valueOf(file.getFileName()),
        Files.size(file),
        Files.getLastModifiedTime(file).toString());
  }

  /**
   * Puts names together that have a comma: those with a backslash before it, and those that exist.
   */
  static List<String> names(List<String> parts) {
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
    for (String name : names(inputs)) {
      if (BraceRange.isIn(name) && !exists(name)) {
        expanded.addAll(BraceRange.expand(name));
      } else {
        expanded.add(name);
      }
    }
    return expanded;
  }

  private static boolean exists(String name) throws IOException {
    return Storage.isLocal(name) ? existsHere(name) : !Storage.match(name).isEmpty();
  }

  private static boolean existsHere(String path) {
    try {
      return Storage.isLocal(path) && Files.exists(Storage.path(path));
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
      path = Storage.path(input).toAbsolutePath().normalize();
    } catch (IllegalArgumentException e) {
      throw new InputException("--input=%s is no path".formatted(input), e);
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
    String parent = parent(input);
    Path root = Path.of(parent).toAbsolutePath().normalize();
    PathMatcher pattern;
    try {
      pattern = FileSystems.getDefault().getPathMatcher("glob:" + input.substring(parent.length()));
    } catch (PatternSyntaxException e) {
      throw new InputException(
          "--input=%s is no pattern: %s".formatted(input, e.getDescription()), e);
    }
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

  private static void findRemote(String input, SortedFiles files) throws IOException {
    String trimmed = input.endsWith("/") ? input.substring(0, input.length() - 1) : input;
    if (match(trimmed, parent(trimmed), files)) {
      return;
    }
    if (hasWildcard(trimmed)) {
      throw new InputException("--input=%s matches no file".formatted(input));
    }
    if (!below(trimmed, files)) {
      throw new InputException("--input=%s does not exist or is an empty folder".formatted(input));
    }
  }

  /**
   * A pattern for Beam.
   *
   * @param pattern of Beam's kind
   * @param root folder that names are given from, with a slash at its end; or empty
   */
  public record Glob(String pattern, String root) implements Serializable {
    /** The file of a match. */
    public InputFile file(MatchResult.Metadata metadata) {
      return file(
          metadata.resourceId().toString(), metadata.sizeBytes(), Storage.version(metadata));
    }

    private InputFile file(String uri, long length, String version) {
      String name = uri.startsWith(root) ? uri.substring(root.length()) : uri;
      return new InputFile(new Location(uri), name, length, version);
    }
  }

  private static Glob glob(String pattern, String root) throws IOException {
    return new Glob(pattern, root.isEmpty() ? "" : Storage.folder(root));
  }

  /**
   * What to watch for an input: a folder with all below it, or a pattern.
   *
   * @throws InputException in one line, if it is a folder that does not exist
   */
  public static Glob watched(String input) throws IOException {
    String trimmed = input.endsWith("/") ? input.substring(0, input.length() - 1) : input;
    if (hasWildcard(trimmed)) {
      return glob(trimmed, parent(trimmed));
    }
    String folder = Storage.folder(trimmed);
    if (Storage.isLocal(trimmed) && !Files.isDirectory(Path.of(folder))) {
      throw new InputException("--input=%s is no folder that could be watched".formatted(input));
    }
    return glob(folder + "**", folder);
  }

  /**
   * @return whether there is one
   */
  private static boolean match(String pattern, String root, SortedFiles files) throws IOException {
    Glob glob = glob(pattern, root);
    boolean any = false;
    for (MatchResult.Metadata found : Storage.match(pattern)) {
      if (!found.resourceId().isDirectory()) {
        files.add(glob.file(found));
        any = true;
      }
    }
    return any;
  }

  /** All files below a folder of a store, a page after the other. */
  private static boolean below(String folder, SortedFiles files) throws IOException {
    Glob glob = glob(folder + "/**", folder);
    boolean[] any = {false};
    Storage.below(
        folder,
        (uri, length, version) -> {
          files.add(glob.file(uri, length, version));
          any[0] = true;
        });
    return any[0];
  }

  /** The part of a path or a pattern that names a folder and has no wildcard. */
  private static String parent(String pattern) {
    String[] parts = pattern.split("/", -1);
    StringBuilder folder = new StringBuilder();
    for (int i = 0; i < parts.length - 1 && !hasWildcard(parts[i]); i++) {
      folder.append(parts[i]).append('/');
    }
    return folder.toString();
  }

  private static boolean hasWildcard(String part) {
    return part.matches(".*[*?\\[{].*");
  }
}
