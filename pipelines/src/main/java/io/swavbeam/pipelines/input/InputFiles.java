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
import java.util.TreeMap;
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

  /**
   * Finds the files.
   *
   * @param inputs paths, folders or patterns such as {@code photos/**}{@code /*.jpg}, as they were
   *     between commas: names with a comma are put together again
   * @throws InputException in one line, if one of the inputs stands for nothing
   */
  public static Found find(List<String> inputs) throws IOException {
    LocalFiles local = new LocalFiles();
    TreeMap<String, InputFile> found = new TreeMap<>();
    for (String input : names(inputs)) {
      if (!Storage.isLocal(input)) {
        findRemote(input).forEach(file -> found.putIfAbsent(file.location().uri(), file));
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
    found.putAll(local.files());
    if (found.isEmpty() && local.deadLetters().isEmpty()) {
      throw new InputException("--input=%s is an empty folder".formatted(String.join(",", inputs)));
    }
    return new Found(List.copyOf(found.values()), local.deadLetters());
  }

  /**
   * Checks, without looking into folders, that the inputs of this machine are there.
   *
   * @param inputs as for {@link #find}
   * @throws InputException in one line, if one stands for nothing
   */
  public static void requireExisting(List<String> inputs) throws IOException {
    for (String input : names(inputs)) {
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
      return new InputFile(Location.of(path), path.getFileName().toString(), Files.size(path));
    }
    List<MatchResult.Metadata> found = Storage.match(uri);
    if (found.size() != 1) {
      throw new FileNotFoundException(uri);
    }
    MatchResult.Metadata file = found.get(0);
    return new InputFile(
        Location.of(file), String.valueOf(file.resourceId().getFilename()), file.sizeBytes());
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

  private static List<InputFile> findRemote(String input) throws IOException {
    String trimmed = input.endsWith("/") ? input.substring(0, input.length() - 1) : input;
    List<InputFile> files = match(trimmed, parent(trimmed));
    if (!files.isEmpty()) {
      return files;
    }
    if (hasWildcard(trimmed)) {
      throw new InputException("--input=%s matches no file".formatted(input));
    }
    List<InputFile> below = match(trimmed + "/**", trimmed);
    if (below.isEmpty()) {
      throw new InputException("--input=%s does not exist or is an empty folder".formatted(input));
    }
    return below;
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
      String uri = metadata.resourceId().toString();
      String name = uri.startsWith(root) ? uri.substring(root.length()) : uri;
      return new InputFile(new Location(uri), name, metadata.sizeBytes());
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

  private static List<InputFile> match(String pattern, String root) throws IOException {
    Glob glob = glob(pattern, root);
    return Storage.match(pattern).stream()
        .filter(metadata -> !metadata.resourceId().isDirectory())
        .map(glob::file)
        .toList();
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
