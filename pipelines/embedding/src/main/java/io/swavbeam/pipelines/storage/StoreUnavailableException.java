package io.swavbeam.pipelines.storage;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * An object store or a file system that does not answer. This is not an error of the requested
 * file. Code that treats an {@link IOException} as an unreadable file must not treat this exception
 * in the same way. In a bounded pipeline it fails the bundle, and the runner repeats it. A stream
 * waits with {@link Patience}.
 */
public final class StoreUnavailableException extends UncheckedIOException {
  private final String store;

  /**
   * @param store the bucket, as in {@code s3://photos}, or a name for another store
   */
  public StoreUnavailableException(String store, IOException cause) {
    super(cause.getMessage(), cause);
    this.store = store;
  }

  /** Returns the name of the store that does not answer. */
  public String store() {
    return store;
  }
}
