package io.swavbeam.model.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.tensorflow.Session;

/** Folders of weights by their very names, which TensorFlow takes for patterns. */
public final class LiteralFolder {
  private static final Pattern WILDCARD = Pattern.compile("[*?\\[\\]{}\\\\]");

  private LiteralFolder() {}

  /** Lets a session read the checkpoint of a prefix. */
  public static void restore(Session session, Path prefix) {
    read(
        prefix.getParent(),
        folder -> {
          session.restore(folder.resolve(prefix.getFileName()).toString());
          return null;
        });
  }

  /**
   * Lets TensorFlow read a folder.
   *
   * @param reader gets the folder, or a link to it that has no wildcard in its path
   * @return what the reader returns
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
