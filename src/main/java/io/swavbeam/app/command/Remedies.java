package io.swavbeam.app.command;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.error.ToldException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Remedies for errors, which name options of the commands. The library does not know these options.
 */
public final class Remedies {
  /** Formats of the lines, with the error's message and its subject. */
  private static final Map<ErrorKind, String> LINES = read("");

  /** Formats of the lines for runs whose run directory is that of a trainer elsewhere. */
  private static final Map<ErrorKind, String> OF_TRAINERS = read("trainer.");

  private static final Map<ErrorKind, String> OF_LETTERS = read("letters.");

  /** Kinds whose subjects are settings with blanks between them, which options are called by. */
  private static final Set<ErrorKind> OF_SETTINGS =
      Set.of(ErrorKind.OTHER_NETWORK, ErrorKind.DECODED_OTHERWISE);

  private Remedies() {}

  /** Returns the remedies whose keys are a prefix and the name of a kind. */
  private static Map<ErrorKind, String> read(String prefix) {
    Properties remedies = new Properties();
    try (InputStream in = Remedies.class.getResourceAsStream("/remedies.properties")) {
      remedies.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return remedies.stringPropertyNames().stream()
        .filter(key -> key.lastIndexOf('.') + 1 == prefix.length() && key.startsWith(prefix))
        .collect(
            Collectors.toMap(
                key -> ErrorKind.valueOf(key.substring(prefix.length())), remedies::getProperty));
  }

  /** The message of an error, with what can be done about it. */
  public static String line(Throwable error) {
    return line(error, LINES);
  }

  /** The same of an error of a run that a trainer elsewhere has. */
  public static String ofTrainer(Throwable error) {
    return line(error, OF_TRAINERS.containsKey(KnownError.kindOf(error)) ? OF_TRAINERS : LINES);
  }

  private static String line(Throwable error, Map<ErrorKind, String> lines) {
    if (!(error instanceof KnownError known)) {
      return error.getMessage();
    }
    String subject = known.subject();
    String shown = OF_SETTINGS.contains(known.kind()) ? subject.replace(" ", " --") : subject;
    return lines.getOrDefault(known.kind(), "%1$s").formatted(error.getMessage(), shown);
  }

  /**
   * The same of a line of a stack trace, in which a cluster tells an error.
   *
   * @return null if the line tells no error that is known
   */
  public static @Nullable String ofTrace(String line) {
    return ToldException.in(line).map(Remedies::line).orElse(null);
  }

  /**
   * Returns the remedy for dead letters of a kind, to follow their number; null if there is none.
   */
  public static @Nullable String ofLetters(@Nullable ErrorKind kind) {
    return kind == null ? null : OF_LETTERS.get(kind);
  }
}
