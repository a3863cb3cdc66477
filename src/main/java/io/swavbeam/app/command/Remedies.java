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

/** Remedies for errors. They name options of the commands, which the library does not know. */
public final class Remedies {
  /** Formats of the lines, with the error's message and its subject. */
  private static final Map<ErrorKind, String> LINES = read("");

  /** Formats of the lines for runs whose run directory is that of a trainer elsewhere. */
  private static final Map<ErrorKind, String> OF_TRAINERS = read("trainer.");

  private static final Map<ErrorKind, String> OF_LETTERS = read("letters.");

  /** Kinds of errors whose subject is a list of settings, which are options of the commands. */
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

  /** Returns the message of an error with its remedy. */
  public static String line(Throwable error) {
    return line(error, LINES);
  }

  /** Returns the message and the remedy for an error of a run with a trainer elsewhere. */
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
   * Returns the message and the remedy for an error in a line of a stack trace of a cluster.
   *
   * @return null if the line has no known error
   */
  public static @Nullable String ofTrace(String line) {
    return ToldException.in(line).map(Remedies::line).orElse(null);
  }

  /**
   * Returns the remedy for dead letters of a kind, as text to follow their number; null if there is
   * none.
   */
  public static @Nullable String ofLetters(@Nullable ErrorKind kind) {
    return kind == null ? null : OF_LETTERS.get(kind);
  }
}
