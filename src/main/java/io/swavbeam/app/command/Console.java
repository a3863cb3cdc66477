package io.swavbeam.app.command;

import com.google.errorprone.annotations.FormatMethod;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Locale;

/** The output of the commands: results and progress in plain lines on one stream. */
public final class Console {
  /** A console that prints nothing. */
  public static final Console SILENT =
      new Console(new PrintStream(OutputStream.nullOutputStream()));

  private final PrintStream out;

  public Console(PrintStream out) {
    this.out = out;
  }

  @FormatMethod
  public void say(String format, Object... arguments) {
    Object[] shown = arguments.clone();
    Arrays.setAll(shown, i -> shown[i] instanceof CharSequence text ? escaped(text) : shown[i]);
    out.println(String.format(Locale.ROOT, format, shown));
  }

  /**
   * Escapes control characters as in {@code \\u001B}, because names of files could contain commands
   * for the terminal.
   */
  public static String escaped(CharSequence text) {
    StringBuilder escaped = new StringBuilder();
    text.codePoints()
        .forEach(
            point -> {
              if (Character.isISOControl(point) || Character.getType(point) == Character.FORMAT) {
                escaped.append("\\u%04X".formatted(point));
              } else {
                escaped.appendCodePoint(point);
              }
            });
    return escaped.toString();
  }
}
