package io.swavbeam.pipelines.archive;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownIOException;
import org.apache.beam.sdk.annotations.Internal;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A damaged file, or a file of another format than expected. */
@Internal
public final class ArchiveException extends KnownIOException {
  public ArchiveException(String message) {
    this(message, null);
  }

  public ArchiveException(String message, @Nullable Throwable cause) {
    this(ErrorKind.DAMAGED, message, cause);
  }

  public ArchiveException(ErrorKind kind, String message, @Nullable Throwable cause) {
    super(kind, "", message, cause);
  }
}
