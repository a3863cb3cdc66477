package io.swavbeam.model.image;

/** An image cannot be decoded; the message says why in one line. */
public final class UndecodableImageException extends Exception {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST = 120;

  public UndecodableImageException(String message) {
    super(message);
  }

  public UndecodableImageException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Returns a library's message in brackets, to append to a message of our own; or nothing. */
  static String because(Throwable cause) {
    String said =
        cause.getMessage() == null ? "" : cause.getMessage().lines().findFirst().orElse("");
    String printable = said.replaceAll("[^\\p{Print}]", "?").strip();
    // What only the library's authors understand, or differs from run to run, says nothing.
    if (printable.isEmpty() || printable.matches(".*(class \\[|java\\.|sun\\.|@[0-9a-f]{4,}).*")) {
      return "";
    }
    return " (%s)"
        .formatted(
            printable.length() <= LONGEST ? printable : printable.substring(0, LONGEST) + "...");
  }
}
