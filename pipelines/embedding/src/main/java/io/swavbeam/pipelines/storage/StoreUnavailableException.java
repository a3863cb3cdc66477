package io.swavbeam.pipelines.storage;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * An object store or a file system does not answer, or not now. That says nothing of the file that
 * was requested: code that takes an {@link IOException} for an unreadable file must not take this
 * for one. In a bounded pipeline it fails the bundle, so that the runner tries again; a stream
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
