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
  private final Thread deletion = new Thread(this::deleteAtExit);

  /**
   * Creates a folder.
   *
   * @param prefix the beginning of its name
   */
  public TemporaryFolder(String prefix) throws IOException {
    path = Files.createTempDirectory(prefix);
    try {
      Runtime.getRuntime().addShutdownHook(deletion);
    } catch (IllegalStateException e) {
      AtomicFiles.delete(path);
      throw new IOException("the process ends", e);
    }
  }

  /** Returns the path of the folder. */
  public Path path() {
    return path;
  }

  @Override
  public void close() throws IOException {
    try {
      Runtime.getRuntime().removeShutdownHook(deletion);
    } catch (IllegalStateException e) {
      return; // the process ends, and the hook deletes the folder
    }
    AtomicFiles.delete(path);
  }

  private void deleteAtExit() {
    try {
      AtomicFiles.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
