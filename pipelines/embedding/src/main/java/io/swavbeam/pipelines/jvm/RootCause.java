package io.swavbeam.pipelines.jvm;

/** The innermost cause of an exception, as one line for people. */
public final class RootCause {
  private RootCause() {}

  /** Returns the first line of the message of the innermost cause. */
  public static String line(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return message.lines().findFirst().orElse(message);
  }
}
