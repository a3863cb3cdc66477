package io.swavbeam.pipelines.jvm;

/** What libraries wrap, for people who did not write them. */
public final class RootCause {
  private RootCause() {}

  /** What the innermost cause says, its first line. */
  public static String line(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return message.lines().findFirst().orElse(message);
  }
}
