package io.swavbeam.app.testing;

import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The result of {@code swav embed}: its output, and the content of its folder. */
public record EmbedOutcome(Outcome outcome, List<Embedding> rows, List<DeadLetter> letters) {
  /** Reads the folder that a command has written. */
  public static EmbedOutcome of(Outcome outcome, Path output) throws IOException {
    List<Embedding> rows = new ArrayList<>();
    EmbeddingFiles.readFiles(EmbeddingFiles.list(Folder.of(output.toString())), rows::add);
    return new EmbedOutcome(outcome, rows, letters(output.resolve("_swav/dead-letters")));
  }

  /** Returns the dead letters in a folder of dead letters. */
  public static List<DeadLetter> letters(Path folder) throws IOException {
    List<DeadLetter> letters = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.readAllLines(file).forEach(line -> letters.add(DeadLetter.fromJson(line)));
        }
      }
    }
    return letters;
  }

  /** Returns the whole output of the command. */
  public String said() {
    return outcome.out() + outcome.err();
  }
}
