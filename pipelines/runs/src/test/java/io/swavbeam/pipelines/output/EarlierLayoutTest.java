package io.swavbeam.pipelines.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.pipelines.parquet.ParquetFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder of embeddings of an earlier version. */
class EarlierLayoutTest {
  @TempDir private Path folder;

  private void put(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void whatIsNeededMovesAndTheRestGoes() throws Exception {
    put("embeddings-a.parquet", "rows");
    put("dead-letters/a.jsonl", "a");
    put("dead-letters/b.jsonl", "b");
    put(".kafka/images.json", "{}");
    put(".index/files.parquet", "index");
    put(".listings/x.records", "listing");
    put(".unfinished/job/x", "half");
    put("counts/job/x.done.json", "{}");
    // The state after a call that was killed between two files, and within one.
    put("_swav/dead-letters/a.jsonl", "a");
    for (int i = 0; i < 2; i++) {
      EarlierLayout.tidyUp(Folder.of(folder));
      try (Stream<Path> files = Files.walk(folder)) {
        assertThat(files.filter(Files::isRegularFile).map(file -> "" + folder.relativize(file)))
            .containsExactlyInAnyOrder(
                "embeddings-a.parquet",
                "_swav/dead-letters/a.jsonl",
                "_swav/dead-letters/b.jsonl",
                "_swav/kafka/images.json");
      }
      assertThat(folder.resolve("_swav/dead-letters/b.jsonl")).hasContent("b");
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.map(Path::getFileName).map(Path::toString))
          .containsExactlyInAnyOrder("embeddings-a.parquet", "_swav");
    }
  }

  @Test
  void aFolderOfSomebodyElseStays() throws Exception {
    put("embeddings-a.parquet", "rows");
    put("counts/mine.txt", "1");
    EarlierLayout.tidyUp(Folder.of(folder));
    assertThat(folder.resolve("counts/mine.txt")).hasContent("1");
  }

  /** Readers do not support a mixture of lists of a fixed size and plain lists. */
  @Test
  void aFolderOfPlainListsGoesOnWithThem() throws Exception {
    assertThat(EmbeddingIndex.of(Folder.of(folder)).isFixed()).isTrue();
    FileChannel channel =
        FileChannel.open(
            folder.resolve("embeddings-a.parquet"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE);
    ParquetFiles.writer(
            channel,
            EmbeddingRows.SCHEMA,
            Map.of("swav.format", "2", "swav.model", "swav-any", "swav.prototypes", "0"))
        .close();
    EmbeddingIndex.update(Folder.of(folder));
    assertThat(EmbeddingIndex.of(Folder.of(folder)).isFixed()).isFalse();
  }
}
