package io.swavbeam.pipelines.output;

/**
 * A column of embeddings, or a value in it, that cannot be read. The message is the part of a line
 * that follows the name of the file or the row.
 */
final class UnreadableColumnException extends RuntimeException {
  private final boolean ofRow;

  private UnreadableColumnException(String message, boolean ofRow) {
    super(message);
    this.ofRow = ofRow;
  }

  /** Creates an error of a file with other columns. */
  static UnreadableColumnException ofFile(String message) {
    return new UnreadableColumnException(message, false);
  }

  /** Creates an error of a row with an invalid value. */
  static UnreadableColumnException ofRow(String message) {
    return new UnreadableColumnException(message, true);
  }

  /** Returns whether it is an error of a row. */
  boolean isOfRow() {
    return ofRow;
  }
}
