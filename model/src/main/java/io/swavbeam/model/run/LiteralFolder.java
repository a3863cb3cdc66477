package io.swavbeam.model.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.tensorflow.Session;

/**
 * A reader of folders of weights whose names have wildcards, which TensorFlow would take for
 * patterns.
 */
public final class LiteralFolder {
  private static final Pattern WILDCARD = Pattern.compile("[*?\\[\\]{}\\\\]");

  private LiteralFolder() {}

  /** Restores a session from the checkpoint of a prefix. */
  public static void restore(Session session, Path prefix) {
    read(
        prefix.getParent(),
        folder -> {
          session.restore(folder.resolve(prefix.getFileName()).toString());
          return null;
        });
  }

  /**
   * Calls a reader with a folder.
   *
   * @param reader called with the folder, or with a link to it that has no wildcards in its path
   * @return the result of the reader
   */
  public static <T> T read(Path folder, Function<Path, T> reader) {
    if (!WILDCARD.matcher(folder.toString()).find()) {
      return reader.apply(folder);
    }
    try {
      Path temporary = Files.createTempDirectory("swav-model-");
      try {
        return reader.apply(
            Files.createSymbolicLink(temporary.resolve("link"), folder.toAbsolutePath()));
      } finally {
        AtomicFiles.delete(temporary);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
