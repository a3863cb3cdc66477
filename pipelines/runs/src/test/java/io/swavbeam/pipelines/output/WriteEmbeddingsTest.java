package io.swavbeam.pipelines.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.stream.IntStream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes embeddings of any origin. */
class WriteEmbeddingsTest {
  private static final ModelDescription MODEL =
      new ModelDescription(
          "some-model", new EvaluationConfig(32, 32), 0.1, 3, DecodingConfig.DEFAULT, null, null);

  @TempDir private Path folder;

  private Folder output() {
    return Folder.of(folder.resolve("embeddings"));
  }

  private static Embedding embedding(int number) {
    return new Embedding(
        "/archive-%d.tar".formatted(number % 5),
        number,
        "%d.jpg".formatted(number),
        number % 2 == 0 ? null : "odd",
        new float[] {number, 1},
        new float[] {1, 0},
        number % 3,
        0.5f,
        MODEL.id());
  }

  private static List<Embedding> embeddings(int from, int to) {
    return IntStream.range(from, to).mapToObj(WriteEmbeddingsTest::embedding).toList();
  }

  private PipelineResult write(List<Embedding> embeddings) {
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(Create.of(embeddings).withCoder(RecordSchema.coder(Embedding.class)))
        .apply("Write", WriteEmbeddings.to(output(), MODEL).withNumShards(7));
    PipelineResult result = pipeline.run();
    result.waitUntilFinish();
    return result;
  }

  private static long counter(PipelineResult result, String name) {
    return result
        .metrics()
        .queryMetrics(
            MetricsFilter.builder()
                .addNameFilter(MetricNameFilter.named(WriteEmbeddings.METRICS, name))
                .build())
        .getCounters()
        .iterator()
        .next()
        .getAttempted();
  }

  private List<Embedding> rows() throws IOException {
    List<Embedding> rows = new ArrayList<>();
    EmbeddingFiles.read(output(), rows::add);
    return rows;
  }

  @Tag("slow")
  @Test
  void eachKeyIsOneRowWhateverTheOrder() throws IOException {
    List<Embedding> all = new ArrayList<>(embeddings(0, 200));
    all.addAll(embeddings(50, 80)); // repeated embeddings
    Collections.shuffle(all, new Random(1));
    PipelineResult first = write(all);
    assertThat(rows()).containsExactlyInAnyOrderElementsOf(embeddings(0, 200));
    assertThat(counter(first, "rows")).isEqualTo(200);
    assertThat(counter(first, "duplicates")).isEqualTo(30);
    SortedMap<Location, Long> files = output().lengths(".parquet");
    assertThat(files).hasSize(7);

    // A job that is repeated without its output writes files with the same names.
    Folder again = Folder.of(folder.resolve("again"));
    Pipeline pipeline = Pipeline.create();
    Collections.shuffle(all, new Random(2));
    pipeline
        .apply(Create.of(all).withCoder(RecordSchema.coder(Embedding.class)))
        .apply("Write", WriteEmbeddings.to(again, MODEL).withNumShards(7));
    pipeline.run().waitUntilFinish();
    assertThat(again.files(".parquet").stream().map(Location::name))
        .containsExactlyElementsOf(files.keySet().stream().map(Location::name).toList());

    PipelineResult second = write(embeddings(100, 260));
    assertThat(counter(second, "skipped")).isEqualTo(100);
    assertThat(counter(second, "rows")).isEqualTo(60);
    assertThat(rows()).containsExactlyInAnyOrderElementsOf(embeddings(0, 260));
    write(embeddings(0, 260));
    assertThat(rows()).hasSize(260);
    assertThat(UnfinishedFile.in(output()).files("")).isEmpty();
    assertThat(output().metadata().folder("lock").files("")).isEmpty();
  }

  @Test
  void aStreamWritesAFileWhenItsTimeHasCome() throws IOException {
    TestStream.Builder<Embedding> stream = TestStream.create(RecordSchema.coder(Embedding.class));
    for (Embedding embedding : embeddings(0, 50)) {
      stream = stream.addElements(embedding);
    }
    stream = stream.advanceProcessingTime(org.joda.time.Duration.standardMinutes(1));
    for (Embedding embedding : embeddings(30, 70)) {
      stream = stream.addElements(embedding);
    }
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(stream.advanceWatermarkToInfinity())
        .apply(
            "Write",
            WriteEmbeddings.to(output(), MODEL)
                .withNumShards(3)
                .withMaxBatchDuration(Duration.ofSeconds(10)));
    pipeline.run().waitUntilFinish();
    assertThat(rows()).containsExactlyInAnyOrderElementsOf(embeddings(0, 70));
  }

  @Test
  void anotherModelIsRefused() {
    Embedding other = new Embedding("a", 0, "a", null, new float[2], null, null, null, "other");
    assertThatThrownBy(() -> write(List.of(other)))
        .hasMessageContaining("an embedding of model other cannot be written as one of some-model");
  }
}
