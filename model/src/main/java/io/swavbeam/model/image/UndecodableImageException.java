package io.swavbeam.model.image;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;

/** An image that cannot be decoded. The message is one line with the reason. */
public final class UndecodableImageException extends Exception implements KnownError {
  private static final int MAX_LENGTH = 120;

  private final ErrorKind kind;

  public UndecodableImageException(String message) {
    this(ErrorKind.DAMAGED, message);
  }

  public UndecodableImageException(String message, Throwable cause) {
    super(message, cause);
    kind = ErrorKind.DAMAGED;
  }

  public UndecodableImageException(ErrorKind kind, String message) {
    super(message);
    this.kind = kind;
  }

  @Override
  public ErrorKind kind() {
    return kind;
  }

  /**
   * Returns a library's message in brackets, to append to another message; empty if it has none.
   */
  static String because(Throwable cause) {
    String said =
        cause.getMessage() == null ? "" : cause.getMessage().lines().findFirst().orElse("");
    String printable = said.replaceAll("[^\\p{Print}]", "?").strip();
    // Omits messages that only developers of the library understand, or that differ from run to
    // run.
    if (printable.isEmpty() || printable.matches(".*(class \\[|java\\.|sun\\.|@[0-9a-f]{4,}).*")) {
      return "";
    }
    return " (%s)"
        .formatted(
            printable.length() <= MAX_LENGTH
                ? printable
                : printable.substring(0, MAX_LENGTH) + "...");
  }
}
