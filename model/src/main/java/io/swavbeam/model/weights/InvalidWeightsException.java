package io.swavbeam.model.weights;

/**
 * A weight file that cannot be used. The message is one line without the name of the file. Names
 * from the file are escaped in it, because they may hold control characters.
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
