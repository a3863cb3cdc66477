package io.swavbeam.pipelines.storage;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * An object store or a file system does not answer, or not now. That says nothing of the file that
 * it was asked for: whoever takes an {@link IOException} for a file that cannot be read must not
 * take this for one. In a pipeline, it fails the bundle, so that the runner tries again.
 */
public final class StoreUnavailableException extends UncheckedIOException {
  private static final long serialVersionUID = 1L;

  StoreUnavailableException(IOException cause) {
    super(cause.getMessage(), cause);
  }
}
