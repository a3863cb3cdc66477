package io.swavbeam.pipelines.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingIndex.Entry;
import io.swavbeam.pipelines.output.EmbeddingIndex.Sources;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddingIndexTest {
  private static final ModelDescription MODEL =
      new ModelDescription(
          "swav-any-step-1",
          new EvaluationConfig(32, 32),
          0.1,
          3,
          DecodingConfig.of(Alpha.WHITE),
          null,
          null);

  @TempDir private Path folder;

  private void write(String name, String source, long... positions) throws IOException {
    try (EmbeddingFiles.Writer writer =
        new EmbeddingFiles.Writer(
            Stores.create(Location.of(folder.resolve(EmbeddingFiles.name(name)))), MODEL)) {
      for (long position : positions) {
        writer.write(
            new Embedding(
                source, position, "any", null, new float[] {1}, null, null, null, MODEL.id()));
      }
    }
  }

  private List<String> mayHold(EmbeddingIndex index, Sources sources) {
    return index.mayHold(sources).stream().map(Location::name).sorted().toList();
  }

  @Test
  void namesTheFilesThatMayHoldImages() throws IOException {
    write("a", "/data/a.tar", 512, 5_000);
    write("b", "/data/a.tar", 6_000, 9_000);
    write("c", "/data/é.tar", 0);
    EmbeddingIndex index = EmbeddingIndex.update(Folder.of(folder));
    assertThat(index.rows()).isEqualTo(5);
    assertThat(index.models()).containsExactly(MODEL.id());
    assertThat(mayHold(index, new Sources("/data/a.tar", "/data/a.tar", 5_001, 5_999))).isEmpty();
    assertThat(mayHold(index, new Sources("/data/a.tar", "/data/a.tar", 5_000, 6_000)))
        .containsExactly("embeddings-a.parquet", "embeddings-b.parquet");
    assertThat(mayHold(index, new Sources("/data/b", "/data/z", 0, 9))).isEmpty();
    assertThat(mayHold(index, new Sources("/data/z", "/data/\uffff", 0, 9)))
        .containsExactly("embeddings-c.parquet");
    assertThat(mayHold(index, null)).isEmpty();
  }

  @Test
  void looksIntoEachFileOnce() throws IOException {
    write("a", "/data/a.tar", 1);
    write("b", "/data/b.tar", 1, 2);
    assertThat(EmbeddingIndex.update(Folder.of(folder)).rows()).isEqualTo(3);
    // If its footer were read again, an error would be reported.
    Path first = folder.resolve("embeddings-a.parquet");
    Files.write(first, new byte[(int) Files.size(first)]);
    write("c", "/data/c.tar", 1);
    assertThat(EmbeddingIndex.of(Folder.of(folder)).rows()).isEqualTo(4);
    Files.delete(folder.resolve("embeddings-b.parquet"));
    assertThat(EmbeddingIndex.update(Folder.of(folder)).rows()).isEqualTo(2);
    assertThat(EmbeddingIndex.of(Folder.of(folder)).entries()).hasSize(2);

    Files.writeString(first, "of another length");
    assertThatThrownBy(() -> EmbeddingIndex.of(Folder.of(folder)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("embeddings-a.parquet is damaged");
  }

  @Test
  void aDamagedIndexIsAnErrorThatNamesTheRemedy() throws IOException {
    write("a", "/data/a.tar", 1);
    EmbeddingIndex.update(Folder.of(folder));
    Files.writeString(folder.resolve("_swav/index/files.index"), "no Parquet");
    assertThatThrownBy(() -> EmbeddingIndex.of(Folder.of(folder)))
        .isInstanceOf(IOException.class)
        .hasMessageEndingWith("index/files.index is damaged: delete it, and it is created again");
  }

  /** DuckDB's patterns search all folders for files that end with .parquet. */
  @Test
  void isNoParquetFileByItsName() throws IOException {
    write("a", "/data/a.tar", 1);
    EmbeddingIndex.update(Folder.of(folder));
    try (Stream<Path> files = Files.walk(folder)) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .filteredOn(name -> name.endsWith(".parquet"))
          .containsExactly("embeddings-a.parquet");
    }
    assertThat(EmbeddingIndex.of(Folder.of(folder)).rows()).isEqualTo(1);
  }

  /** Compares with a search of all files. */
  @Test
  void findsWhatLookingAtEachFileFinds() {
    Random random = new Random(5);
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      String first = random.nextInt(20) == 0 ? null : Integer.toString(random.nextInt(5_000));
      String last =
          first == null ? null : first + random.nextInt(3) + "x".repeat(random.nextInt(2));
      boolean same = random.nextBoolean();
      long position = random.nextInt(100);
      entries.add(
          new Entry(
              "f" + i,
              0,
              new EmbeddingFiles.Summary("m", 1, 1),
              true,
              first,
              same ? first : last,
              position,
              position + random.nextInt(20)));
    }
    EmbeddingIndex index = new EmbeddingIndex(Folder.of(folder), entries);
    for (int i = 0; i < 2_000; i++) {
      String source = Integer.toString(random.nextInt(5_000));
      String last = random.nextBoolean() ? source : source + "5";
      Sources sources = new Sources(source, last, random.nextInt(100), random.nextInt(200));
      assertThat(mayHold(index, sources))
          .isEqualTo(
              entries.stream()
                  .filter(entry -> entry.mayHold(sources))
                  .map(Entry::file)
                  .sorted()
                  .toList());
    }
  }
}
