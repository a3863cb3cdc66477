package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.storage.Storage;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.apache.beam.sdk.io.fs.MatchResult;

/** From what the user says to files: paths, folders (with all below them) and patterns. */
public final class InputFiles {
  private InputFiles() {}

  /**
   * Finds the files.
   *
   * @param inputs paths, folders or patterns such as {@code photos/**}{@code /*.jpg}
   * @return each file once, by URI
   * @throws ArchiveException in one line, where one of the inputs stands for nothing
   */
  public static List<InputFile> find(List<String> inputs) throws IOException {
    TreeMap<String, InputFile> found = new TreeMap<>(Comparator.naturalOrder());
    for (String input : inputs) {
      List<InputFile> files = findOne(input);
      files.forEach(file -> found.putIfAbsent(file.uri(), file));
    }
    return List.copyOf(found.values());
  }

  private static List<InputFile> findOne(String input) throws IOException {
    String trimmed = input.endsWith("/") ? input.substring(0, input.length() - 1) : input;
    List<InputFile> files = match(trimmed, parent(trimmed));
    if (!files.isEmpty()) {
      return files;
    }
    if (hasWildcard(trimmed)) {
      throw new ArchiveException("--input=%s matches no file".formatted(input));
    }
    List<InputFile> below = match(trimmed + "/**", trimmed);
    if (below.isEmpty()) {
      throw new ArchiveException(
          "--input=%s does not exist or is an empty folder".formatted(input));
    }
    return below;
  }

  /** A pattern for Beam, and the folder that names are given from. */
  record Glob(String pattern, String root) implements Serializable {
    /** The file of a match. */
    InputFile file(MatchResult.Metadata metadata) {
      String uri = metadata.resourceId().toString();
      String name = uri.startsWith(root) ? uri.substring(root.length()) : uri;
      return new InputFile(uri, name, metadata.sizeBytes());
    }
  }

  private static Glob glob(String pattern, String root) throws IOException {
    return new Glob(pattern, root.isEmpty() ? "" : Storage.folder(root));
  }

  /**
   * What to watch for an input: a folder with all below it, or a pattern.
   *
   * @throws ArchiveException in one line, where it is a folder that does not exist
   */
  static Glob watched(String input) throws IOException {
    String trimmed = input.endsWith("/") ? input.substring(0, input.length() - 1) : input;
    if (hasWildcard(trimmed)) {
      return glob(trimmed, parent(trimmed));
    }
    String folder = Storage.folder(trimmed);
    if (Storage.isLocal(trimmed) && !Files.isDirectory(Path.of(folder))) {
      throw new ArchiveException("--input=%s is no folder that could be watched".formatted(input));
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
