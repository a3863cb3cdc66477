package io.swavbeam.app.embedding;

import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Remedies;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;

/** Hints for kinds of dead letters. */
final class DeadLetterHints {
  private DeadLetterHints() {}

  /** Prints the number of dead letters of each kind that has a remedy, with the remedy. */
  static void say(Folder deadLetters, Console console) throws IOException {
    Map<ErrorKind, Long> counts = new EnumMap<>(ErrorKind.class);
    for (Location file : deadLetters.files(".jsonl")) {
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(Stores.stream(file), StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          ErrorKind kind = DeadLetter.fromJson(line).kind();
          if (Remedies.ofLetters(kind) != null) {
            counts.merge(kind, 1L, Long::sum);
          }
        }
      }
    }
    counts.forEach((kind, count) -> console.say("%,d of them %s", count, Remedies.ofLetters(kind)));
  }
}
