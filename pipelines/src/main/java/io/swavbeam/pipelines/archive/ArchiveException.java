package io.swavbeam.pipelines.archive;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import java.io.IOException;
import org.apache.beam.sdk.annotations.Internal;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A file that is not what it should be; the message is one line. */
@Internal
public final class ArchiveException extends IOException implements KnownError {
  private static final long serialVersionUID = 1L;

  private final ErrorKind kind;

  public ArchiveException(String message) {
    this(message, null);
  }

  public ArchiveException(String message, @Nullable Throwable cause) {
    this(ErrorKind.DAMAGED, message, cause);
  }

  public ArchiveException(ErrorKind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  @Override
  public ErrorKind kind() {
    return kind;
  }
}
