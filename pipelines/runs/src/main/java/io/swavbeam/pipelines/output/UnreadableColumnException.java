package io.swavbeam.pipelines.output;

/** Says in a part of a line why a column of embeddings, or a value in it, cannot be read. */
final class UnreadableColumnException extends RuntimeException {
  private final boolean ofRow;

  private UnreadableColumnException(String message, boolean ofRow) {
    super(message);
    this.ofRow = ofRow;
  }

  /** A file whose columns are others. */
  static UnreadableColumnException ofFile(String message) {
    return new UnreadableColumnException(message, false);
  }

  /** A row whose value is no value of its column. */
  static UnreadableColumnException ofRow(String message) {
    return new UnreadableColumnException(message, true);
  }

  /** Whether a row is to blame. */
  boolean isOfRow() {
    return ofRow;
  }
}
