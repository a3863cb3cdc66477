package io.swavbeam.model.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
  @TempDir private Path folder;

  @Test
  void aFolderThatWasBeingReplacedComesBack() throws Exception {
    Path model = folder.resolve("run/saved_model");
    AtomicFiles.writeFolder(model, written -> Files.writeString(written.resolve("a"), "old"));
    // The state between the two renames of a replacement.
    Files.move(model, AtomicFiles.replaced(model));
    AtomicFiles.recover(model);
    assertThat(model.resolve("a")).hasContent("old");
    AtomicFiles.writeFolder(model, written -> Files.writeString(written.resolve("a"), "new"));
    assertThat(model.resolve("a")).hasContent("new");
    assertThat(AtomicFiles.replaced(model)).doesNotExist();
  }

  @Test
  void opensARunThatWasKilledAndTidiesUp() throws Exception {
    Path run = Files.createDirectories(folder.resolve("run"));
    Files.createDirectories(AtomicFiles.replaced(RunDirectory.savedModel(run)));
    Files.writeString(run.resolve(".manifest-123.unfinished"), "half");
    Files.writeString(run.resolve("config.json"), "{}");
    Path exported = Files.createDirectory(run.resolve(".saved_model.1.unfinished"));
    RunDirectory.open(run).close();
    assertThat(RunDirectory.savedModel(run)).isDirectory();
    assertThat(names(run))
        .contains(exported.getFileName().toString())
        .noneMatch(name -> name.startsWith(".manifest"));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
