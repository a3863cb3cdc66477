package io.swavbeam.app.embedding;

import io.swavbeam.app.command.Console;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** What can be done about kinds of dead letters. */
final class DeadLetterHints {
  /** Whole pictures, which other software converts. */
  private static final List<String> FORMATS = List.of("HEIC", "AVIF");

  private DeadLetterHints() {}

  /** Says how many there are of each kind, and what helps. */
  static void say(Folder deadLetters, Console console) throws IOException {
    long[] counts = new long[FORMATS.size()];
    long notFinite = 0;
    for (Location file : deadLetters.files(".jsonl")) {
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(Stores.stream(file), StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          DeadLetter letter = DeadLetter.fromJson(line);
          String error = letter.error();
          notFinite += letter.stage().equals("embed") ? 1 : 0;
          for (int i = 0; i < counts.length; i++) {
            counts[i] += error.startsWith(FORMATS.get(i) + " is not read") ? 1 : 0;
          }
        }
      }
    }
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        console.say(
            "%,d of them are %s: with libheif's heif-convert installed (Debian's libheif-examples), the same command embeds them; or `for f in *.%s; do heif-convert -q 95 \"$f\" \"$f.jpg\"; done` makes JPEGs of them",
            counts[i], FORMATS.get(i), FORMATS.get(i).toLowerCase(Locale.ROOT));
      }
    }
    if (notFinite > 0) {
      console.say(
          "%,d of them have embeddings that are not finite: the training of the model has diverged",
          notFinite);
    }
  }
}
