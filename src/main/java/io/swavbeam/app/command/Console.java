package io.swavbeam.app.command;

import com.google.errorprone.annotations.FormatMethod;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Locale;

/** What the commands say: results and progress on one stream, in plain lines. */
public final class Console {
  /** Says nothing. */
  public static final Console SILENT =
      new Console(new PrintStream(OutputStream.nullOutputStream()));

  private final PrintStream out;

  public Console(PrintStream out) {
    this.out = out;
  }

  @FormatMethod
  public void say(String format, Object... arguments) {
    out.println(String.format(Locale.ROOT, format, arguments));
  }
}
