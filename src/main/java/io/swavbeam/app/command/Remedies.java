package io.swavbeam.app.command;

import static java.util.Map.entry;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.error.ToldException;
import java.util.Map;
import java.util.Set;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Remedies for errors, which name options of the commands. The library does not know these options.
 */
public final class Remedies {
  private static final String CALMER =
      "%1$s: try a lower --learningRate, a longer warm-up or --clipGlobalNorm=1 in another run, with another --output";

  /** A line for each kind: of the error's message, {@code %1$s}, and its subject, {@code %2$s}. */
  private static final Map<ErrorKind, String> LINES =
      Map.ofEntries(
          entry(ErrorKind.NO_INPUT, "--input=%1$s"),
          entry(ErrorKind.NO_BROKERS, "--kafka=%1$s"),
          entry(ErrorKind.NO_TOPIC, "--topic=%1$s"),
          entry(ErrorKind.NO_EMBEDDINGS, "%1$s: give the --output of `swav embed`"),
          entry(
              ErrorKind.NO_MODEL,
              "%1$s: give the --output of a finished `swav train` or of `swav import`"),
          entry(
              ErrorKind.NOT_EXPORTED,
              "%1$s: `swav export --run=%2$s` makes one of its newest checkpoint"),
          entry(ErrorKind.EARLIER_MODEL, "%1$s: export the model again with `swav export`"),
          entry(ErrorKind.OTHER_NETWORK, "%1$s: give --%2$s, or another --init"),
          entry(ErrorKind.FOLDER_TAKEN, "%1$s: choose another --output"),
          entry(ErrorKind.FOLDER_IN_USE, "%1$s: wait for it or choose another --output"),
          entry(
              ErrorKind.ALREADY_BEGUN,
              "%1$s: choose another --output, or leave out --resume=false"),
          entry(ErrorKind.DECODED_OTHERWISE, "%1$s: choose another --output, or give --%2$s"),
          entry(
              ErrorKind.OTHER_RUN,
              "%1$s: choose another --output, or repeat its options to resume"),
          entry(
              ErrorKind.OTHER_LENGTH,
              "%1$s: choose another --output, with --init=%2$s after `swav export --run=%2$s` to train its network further, or repeat its options to resume"),
          entry(
              ErrorKind.OTHER_DECODING,
              "%1$s: choose another --output, or finish it with the swav that began it"),
          entry(
              ErrorKind.OTHER_LISTING,
              "%1$s: give the same --maxImageBytes, --imageColumn and --labelColumn, or another --output"),
          entry(ErrorKind.DIVERGED_AT_ONCE, CALMER),
          entry(
              ErrorKind.DIVERGED,
              CALMER
                  + "; to begin it with the last good checkpoint, run `swav export --run=%2$s` and give --init=%2$s"),
          entry(
              ErrorKind.UNREADABLE_IMAGES,
              "%1$s; mend them, or begin another run with a larger --maxUnreadable"),
          entry(
              ErrorKind.STEP_TOO_LARGE,
              "%1$s: see --microBatches (auto takes as few as fit), --batchSize with --learningRate, --backbone, --width and --crops"),
          entry(
              ErrorKind.NO_TRAINER,
              "%1$s: start `swav trainer` there, or look at the network; where it speaks TLS, give --tlsAuthority"),
          entry(
              ErrorKind.NO_TRAINER_WITH_TLS,
              "%1$s: start `swav trainer` there, or look at the network"),
          entry(
              ErrorKind.OTHER_TLS,
              "%1$s: look at --tlsAuthority, --tlsCertificate and --tlsKey of both"),
          entry(ErrorKind.UNUSABLE_DEVICE, "--device=%1$s"),
          entry(ErrorKind.BUILD_FOR_CPUS, "--device=%1$s: build with `mvn package -Pgpu`"),
          entry(
              ErrorKind.NO_CUDA,
              "--device=%1$s: install it or build with `mvn package -Pgpu,cuda`"));

  private static final String ANOTHER_RUN = "%1$s: start `swav trainer` with another --run, or ";

  /** Lines where the run directory is that of a trainer elsewhere. */
  private static final Map<ErrorKind, String> OF_TRAINERS =
      Map.of(
          ErrorKind.OTHER_RUN, ANOTHER_RUN + "repeat the options of its run to resume",
          ErrorKind.OTHER_LENGTH, ANOTHER_RUN + "repeat the options of its run to resume",
          ErrorKind.OTHER_DECODING, ANOTHER_RUN + "finish it with the swav that began it");

  /** Kinds whose subjects are settings with blanks between them, which options are called by. */
  private static final Set<ErrorKind> OF_SETTINGS =
      Set.of(ErrorKind.OTHER_NETWORK, ErrorKind.DECODED_OTHERWISE);

  /** The remedies for dead letters, by their kind. */
  private static final Map<ErrorKind, String> OF_LETTERS =
      Map.of(
          ErrorKind.HEIC_NOT_READ,
          heif("HEIC", "heic"),
          ErrorKind.AVIF_NOT_READ,
          heif("AVIF", "avif"),
          ErrorKind.TOO_LARGE,
          "are larger than --maxImageBytes or --maxPixels allow",
          ErrorKind.NO_IMAGE_COLUMN,
          "have no column that is known to hold images: --imageColumn names it",
          ErrorKind.IMAGE_IN_MESSAGE,
          "are messages that hold images: --messages=images reads them",
          ErrorKind.NOT_FINITE,
          "have embeddings that are not finite: the training of the model has diverged");

  private Remedies() {}

  private static String heif(String format, String ending) {
    return "are %s: with libheif's heif-convert installed (Debian's libheif-examples), the same command embeds them; or `for f in *.%s; do heif-convert -q 95 \"$f\" \"$f.jpg\"; done` makes JPEGs of them"
        .formatted(format, ending);
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
