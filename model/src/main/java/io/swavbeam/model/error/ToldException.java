package io.swavbeam.model.error;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A known error of another process, parsed from a line of its stack trace. */
public final class ToldException extends KnownException {
  /** The format of {@link KnownException#toString}. */
  private static final Pattern TOLD = Pattern.compile("\\[swav:([A-Z_]+):([^\\]\\s]*)\\] (.*)");

  private ToldException(ErrorKind kind, String subject, String message) {
    super(kind, subject, message, null);
  }

  /** Returns the known error in a line, if there is one. */
  public static Optional<ToldException> in(String line) {
    Matcher told = TOLD.matcher(line);
    return told.find()
        ? Optional.of(
            new ToldException(
                ErrorKind.named(told.group(1)),
                URLDecoder.decode(told.group(2), StandardCharsets.UTF_8),
                told.group(3)))
        : Optional.empty();
  }
}
