package io.swavbeam.pipelines.archive;

import java.io.IOException;
import org.apache.beam.sdk.annotations.Internal;

/** A file that is not what it should be; the message is one line. */
@Internal
public final class ArchiveException extends IOException {
  private static final long serialVersionUID = 1L;

  public ArchiveException(String message) {
    super(message);
  }

  public ArchiveException(String message, Throwable cause) {
    super(message, cause);
  }
}
