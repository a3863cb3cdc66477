package io.swavbeam.pipelines.output;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Storage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;

/** Dead letters as files of JSON lines, {@code <name>.jsonl}, which appear whole. */
final class DeadLetterFiles {
  private DeadLetterFiles() {}

  /** How many letters a file of that name holds; 0 if there is none. */
  static long count(Folder folder, String name) throws IOException {
    Location file = folder.file(name + ".jsonl");
    if (!Storage.exists(file)) {
      return 0;
    }
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(Storage.stream(file), StandardCharsets.UTF_8))) {
      return reader.lines().count();
    }
  }

  /** Writes a file, or takes it away if there is no letter. */
  static void replace(Folder folder, String name, Iterable<DeadLetter> letters) throws IOException {
    Location file = folder.file(name + ".jsonl");
    Iterator<DeadLetter> once = letters.iterator(); // on Flink, there is no second one
    if (!once.hasNext()) {
      Storage.delete(List.of(file));
      return;
    }
    Location unfinished = folder.file(".temporary-" + UUID.randomUUID());
    try (PrintWriter writer =
        new PrintWriter(Channels.newWriter(Storage.create(unfinished), StandardCharsets.UTF_8))) {
      once.forEachRemaining(letter -> writer.println(letter.toJson()));
      if (writer.checkError()) {
        throw new IOException("the dead letters cannot be written to " + unfinished);
      }
    }
    Storage.move(unfinished, file);
  }
}
