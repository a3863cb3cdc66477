package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.image.DeadLetter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.util.MimeTypes;

/** Dead letters as files of JSON lines, {@code <name>.jsonl}, which appear whole. */
final class DeadLetterFiles {
  private DeadLetterFiles() {}

  /** Writes a file, or takes it away where there is no letter. */
  static void replace(String folder, String name, Iterable<DeadLetter> letters) throws IOException {
    ResourceId file = resolve(folder, name + ".jsonl");
    if (!letters.iterator().hasNext()) {
      FileSystems.delete(List.of(file), StandardMoveOptions.IGNORE_MISSING_FILES);
      return;
    }
    ResourceId unfinished = resolve(folder, ".temporary-" + UUID.randomUUID());
    try (PrintWriter writer =
        new PrintWriter(
            Channels.newWriter(
                FileSystems.create(unfinished, MimeTypes.TEXT), StandardCharsets.UTF_8))) {
      letters.forEach(letter -> writer.println(letter.toJson()));
      if (writer.checkError()) {
        throw new IOException("the dead letters cannot be written to " + unfinished);
      }
    }
    FileSystems.rename(List.of(unfinished), List.of(file));
  }

  private static ResourceId resolve(String folder, String name) {
    return FileSystems.matchNewResource(folder, true)
        .resolve(name, StandardResolveOptions.RESOLVE_FILE);
  }
}
