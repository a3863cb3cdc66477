package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.command.Console;
import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.TestEmbeddings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Embeddings that were damaged on disk, and names with control characters. */
class HostileNamesAndDisksTest {
  @TempDir private Path folder;

  @Test
  void oneFlippedBitIsNoticed() throws Exception {
    TestEmbeddings.write(folder.resolve("embeddings"), 200, TestEmbeddings::row);
    Path file;
    try (Stream<Path> files = Files.list(folder.resolve("embeddings"))) {
      file = files.findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 4;
    Files.write(file, bytes);

    Commands.swav("evaluate", "--train=" + folder.resolve("embeddings")).refused();
  }

  @Test
  void namesCannotWriteOnTheTerminal() {
    assertThat(Console.escaped("a\u001b[31mb\nc é 漢")).isEqualTo("a\\u001B[31mb\\u000Ac é 漢");
  }
}
