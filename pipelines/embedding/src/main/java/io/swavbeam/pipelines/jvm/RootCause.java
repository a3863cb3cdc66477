package io.swavbeam.pipelines.jvm;

/** The cause that libraries wrap in their exceptions, in one line for people. */
public final class RootCause {
  private RootCause() {}

  /** The first line of the innermost cause's message. */
  public static String line(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return message.lines().findFirst().orElse(message);
  }
}
