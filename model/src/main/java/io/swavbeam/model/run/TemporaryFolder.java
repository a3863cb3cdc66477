package io.swavbeam.model.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder for temporary files. It is deleted with everything in it when it is closed, or when a
 * signal ends the process.
 */
public final class TemporaryFolder implements AutoCloseable {
  private final Path path;
  private final Thread deletion = new Thread(this::delete);

  /**
   * Creates a folder.
   *
   * @param prefix the beginning of its name
   */
  public TemporaryFolder(String prefix) throws IOException {
    path = Files.createTempDirectory(prefix);
    Runtime.getRuntime().addShutdownHook(deletion);
  }

  /** Returns the path of the folder. */
  public Path path() {
    return path;
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(deletion);
    } catch (IllegalStateException e) {
      return; // the process ends, and the hook deletes the folder
    }
    delete();
  }

  private void delete() {
    try {
      AtomicFiles.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
