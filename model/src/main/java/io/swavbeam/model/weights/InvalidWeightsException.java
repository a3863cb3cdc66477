package io.swavbeam.model.weights;

/**
 * A file of weights cannot be used. The message says why in one line, without the file's name, and
 * without what a terminal would obey: names in it are those of strangers.
 */
public class InvalidWeightsException extends RuntimeException {
  private static final int MAX_LENGTH = 400;

  public InvalidWeightsException(String message) {
    super(line(message));
  }

  public InvalidWeightsException(String message, Throwable cause) {
    super(line(message), cause);
  }

  private static String line(String message) {
    String printable = message.replaceAll("[^\\p{Print}]", "?");
    return printable.length() <= MAX_LENGTH
        ? printable
        : printable.substring(0, MAX_LENGTH) + "...";
  }
}
