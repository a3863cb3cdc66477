package io.swavbeam.pipelines.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.deadletter.WriteDeadLetters;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.listing.ListImages;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Patience;
import io.swavbeam.pipelines.testing.TrainedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbedAndWriteTest {
  @TempDir private static Path shared;
  @TempDir private Path folder;

  private static Path model;
  private boolean keepsListings;

  @BeforeAll
  static void train() throws Exception {
    model = TrainedModel.in(shared);
  }

  @Test
  void writesOneRowAnImageAndOneLetterAFailure() throws Exception {
    Path input = Files.createDirectories(folder.resolve("input/cat"));
    for (int i = 0; i < 20; i++) {
      Files.write(input.resolve("%02d.jpg".formatted(i)), TestImages.jpeg(i, 20 + i, 30));
    }
    byte[] whole = TestImages.jpeg(1, 20, 20);
    Files.write(input.resolve("cut.jpg"), Arrays.copyOf(whole, whole.length / 2));
    Files.write(folder.resolve("input/more.tar"), TestArchives.tar(7));
    Files.write(folder.resolve("input/more.tar.gz"), TestArchives.gzip(TestArchives.tar(5)));
    Files.writeString(folder.resolve("input/broken.zip"), "no zip");

    PipelineResult result = embed(folder.resolve("input"), folder.resolve("output"));

    List<Embedding> rows = new ArrayList<>();
    EmbeddingFiles.read(Folder.of(folder.resolve("output")), rows::add);
    assertThat(rows).hasSize(20 + 7 + 5);
    Set<String> keys = new HashSet<>();
    for (Embedding row : rows) {
      keys.add(row.source() + "#" + row.name());
      assertThat(row.embedding()).hasSize(512);
      assertThat(row.projection()).hasSize(8);
      assertThat(row.cluster()).isBetween(0, 4);
      assertThat(row.clusterProbability()).isBetween(0.2f, 1f);
      assertThat(row.label()).isIn("cat", "dog");
      assertThat(row.model()).matches("swav-[0-9a-f]{12}-step-2-[0-9a-f]{12}-pixels5-scaled");
    }
    assertThat(keys).hasSize(rows.size());
    try (var files = Files.list(folder.resolve("output"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .allMatch(name -> name.matches("embeddings-[0-9a-f]{24}\\.parquet|_swav"));
    }
    assertThat(deadLetters(folder.resolve("output")))
        .containsExactlyInAnyOrder("cat/cut.jpg decode", "broken.zip list");
    assertThat(counter(result, "num_inferences")).isEqualTo(32);
    assertThat(counter(result, "failures")).isEqualTo(1);
    assertThat(counter(result, "bytes")).isPositive();
  }

  @Tag("slow")
  @Test
  void isTheSameInEveryBatchSize() throws Exception {
    Path tar = Files.write(folder.resolve("images.tar"), TestArchives.tar(9));
    List<String> clusters = null;
    for (int batchSize : new int[] {1, 4, 100}) {
      Path output = folder.resolve("output" + batchSize);
      embed(tar, output, batchSize);
      List<String> found = new ArrayList<>();
      EmbeddingFiles.read(Folder.of(output), row -> found.add(row.name() + row.cluster()));
      found.sort(null);
      assertThat(found).hasSize(9);
      if (clusters != null) {
        assertThat(found).isEqualTo(clusters);
      }
      clusters = found;
    }
  }

  /** Images that have a row are skipped, also if images were added to the archives. */
  @Tag("slow")
  @Test
  void goesOnWhereAnEarlierRunHasEnded() throws Exception {
    Path input = Files.createDirectories(folder.resolve("input"));
    Path output = folder.resolve("output");
    Files.write(input.resolve("images.tar"), TestArchives.tar(5));
    Files.write(input.resolve("a.tar.gz"), TestArchives.gzip(TestArchives.tar(3)));
    Files.write(input.resolve("m.jpg"), TestImages.jpeg(1, 20, 20));
    assertThat(counter(embed(input, output), "num_inferences")).isEqualTo(9);
    PipelineResult again = embed(input, output);
    assertThat(counter(again, "num_inferences")).isZero();
    assertThat(counter(again, "bytes")).as("bytes read").isZero();
    // With listings, files have other names, but the same rows.
    keepsListings = true;
    PipelineResult otherwise = embed(input, output);
    assertThat(counter(otherwise, "num_inferences")).isZero();
    assertThat(counter(otherwise, "bytes")).as("bytes read").isZero();

    Files.write(input.resolve("images.tar"), TestArchives.tar(8));
    Files.write(input.resolve("a.tar.gz"), TestArchives.gzip(TestArchives.tar(4)));
    Files.write(input.resolve("b.jpg"), TestImages.jpeg(2, 20, 20));
    assertThat(counter(embed(input, output), "num_inferences")).isEqualTo(3 + 1 + 1);
    List<String> names = new ArrayList<>();
    EmbeddingFiles.read(Folder.of(output), row -> names.add(row.source() + "#" + row.name()));
    assertThat(names).hasSize(8 + 4 + 2).doesNotHaveDuplicates();

    // An unreadable image is tried again. Its dead letter is deleted when it can be read.
    Path broken = Files.writeString(input.resolve("z.jpg"), "this is no image");
    embed(input, output);
    assertThat(deadLetters(output)).containsExactly("z.jpg decode");
    Files.write(broken, TestImages.jpeg(3, 20, 20));
    assertThat(counter(embed(input, output), "num_inferences")).isEqualTo(1);
    names.clear();
    EmbeddingFiles.read(Folder.of(output), row -> names.add(row.source() + "#" + row.name()));
    assertThat(names).hasSize(15).doesNotHaveDuplicates();

    // Only the lost file is written again.
    for (Location file : EmbeddingFiles.list(Folder.of(output))) {
      List<String> lost = new ArrayList<>();
      EmbeddingFiles.readFiles(List.of(file), row -> lost.add(row.source()));
      if (lost.stream().noneMatch(source -> source.endsWith(".gz"))) {
        Files.delete(file.path());
        break;
      }
    }
    List<String> rest = new ArrayList<>();
    EmbeddingFiles.read(Folder.of(output), row -> rest.add(row.source() + "#" + row.name()));
    assertThat(rest).hasSizeLessThan(names.size());
    assertThat(counter(embed(input, output), "num_inferences"))
        .isEqualTo(names.size() - rest.size());
  }

  private PipelineResult embed(Path input, Path output) throws IOException {
    return embed(input, output, 8);
  }

  private PipelineResult embed(Path input, Path output, int batchSize) throws IOException {
    Pipeline pipeline = Pipeline.create();
    ListImages images = ListImages.in(List.of(input.toString()));
    ListImages.Result listed =
        pipeline.apply(
            "List",
            keepsListings
                ? images.withListings(Folder.of(output).metadata().folder("listings"))
                : images);
    listed
        .shards()
        .apply(
            "Write",
            new EmbedAndWrite(
                Folder.of(output),
                EmbedImages.ofImages(model.toString()).withBatchSize(batchSize),
                FolderClaim.Work.begin(UUID.randomUUID().toString(), "images", "images"),
                Patience.ENDLESS));
    listed
        .deadLetters()
        .apply(
            "Letters", new WriteDeadLetters(Folder.of(output).metadata().folder("dead-letters")));
    PipelineResult result = pipeline.run();
    result.waitUntilFinish();
    return result;
  }

  private static List<String> deadLetters(Path output) throws IOException {
    List<String> letters = new ArrayList<>();
    try (Stream<Path> files = Files.list(output.resolve("_swav/dead-letters"))) {
      for (Path file : files.toList()) {
        for (String line : Files.readAllLines(file)) {
          DeadLetter letter = DeadLetter.fromJson(line);
          letters.add(letter.name() + " " + letter.stage());
        }
      }
    }
    return letters;
  }

  private static long counter(PipelineResult result, String name) {
    MetricsFilter filter =
        MetricsFilter.builder().addNameFilter(MetricNameFilter.named("EmbedImages", name)).build();
    return StreamSupport.stream(
            result.metrics().queryMetrics(filter).getCounters().spliterator(), false)
        .mapToLong(counter -> counter.getAttempted())
        .sum();
  }
}
