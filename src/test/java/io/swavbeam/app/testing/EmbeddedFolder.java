package io.swavbeam.app.testing;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A folder that {@code swav embed} writes to, with its current content. */
public record EmbeddedFolder(Path path) {
  /** Returns the sources and positions of the rows. */
  public List<String> rows() throws IOException {
    List<String> rows = new ArrayList<>();
    if (!EmbeddingFiles.list(Folder.of(path)).isEmpty()) {
      EmbeddingFiles.read(Folder.of(path), row -> rows.add(row.source() + "@" + row.position()));
    }
    return rows;
  }

  /** Returns the names of the images with rows. */
  public List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    if (!EmbeddingFiles.list(Folder.of(path)).isEmpty()) {
      EmbeddingFiles.read(Folder.of(path), row -> names.add(row.name()));
    }
    return names;
  }

  /** Returns all dead letters. */
  public List<DeadLetter> letters() throws IOException {
    Path folder = path.resolve("_swav/dead-letters");
    List<DeadLetter> letters = new ArrayList<>();
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(path -> path.toString().endsWith(".jsonl")).toList()) {
          Files.readAllLines(file).forEach(line -> letters.add(DeadLetter.fromJson(line)));
        }
      }
    }
    return letters;
  }
}
