package io.swavbeam.app.embedding;

import io.swavbeam.app.command.Console;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Storage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** Dead letters that are whole pictures, of formats which other software converts. */
final class ConvertiblePictures {
  private static final List<String> FORMATS = List.of("HEIC", "AVIF");

  private ConvertiblePictures() {}

  /** Says how many there are of each format, and what makes images of them. */
  static void say(Folder deadLetters, Console console) throws IOException {
    long[] counts = new long[FORMATS.size()];
    for (Location file : deadLetters.files(".jsonl")) {
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(Storage.stream(file), StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          String error = DeadLetter.fromJson(line).error();
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
  }
}
