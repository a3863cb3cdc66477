package io.swavbeam.pipelines.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.config.Precision;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.error.KnownIOException;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.embedding.LabelTable;
import io.swavbeam.pipelines.jvm.NonRecoverableException;
import io.swavbeam.pipelines.listing.ListImages;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.output.WriteEmbeddings;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.testing.TrainedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guarantees of {@link EmbeddingRun} for callers of the library. */
class EmbeddingRunTest {
  @TempDir private static Path shared;
  @TempDir private Path folder;

  private static EmbedImages<InputRef, Embedding> embedImages;

  @BeforeAll
  static void train() throws Exception {
    embedImages = EmbedImages.ofImages(TrainedModel.in(shared).toString());
  }

  private EmbeddingRun run(Path input) {
    return EmbeddingRun.of(
        embedImages, new ImageSource.Archive(List.of(input.toString())), output());
  }

  private Folder output() {
    return Folder.of(folder.resolve("output"));
  }

  private List<String> rows() throws IOException {
    List<String> rows = new ArrayList<>();
    EmbeddingFiles.read(output(), row -> rows.add(row.source() + "#" + row.position()));
    return rows;
  }

  @Test
  void accountsForEachEntryAndGoesOn() throws Exception {
    Path input = Files.createDirectories(folder.resolve("input"));
    Files.write(input.resolve("a.tar"), TestArchives.tar(7));
    Files.write(input.resolve("b.jpg"), TestImages.jpeg(1, 20, 20));
    Files.writeString(input.resolve("notes.txt"), "of the photographer");
    Files.writeString(input.resolve("broken.zip"), "no zip");

    EmbeddingSummary first = run(input).run(PipelineOptionsFactory.create());
    EmbeddingSummary.Entries entries = first.entries().orElseThrow();
    assertThat(first.rows()).isEqualTo(8);
    assertThat(entries.rows()).isEqualTo(8);
    assertThat(entries.deadLetters()).isEqualTo(1);
    assertThat(entries.sidecars()).containsEntry("txt", 2L);
    assertThat(entries.total()).isEqualTo(12);

    Files.write(input.resolve("c.jpg"), TestImages.jpeg(2, 20, 20));
    EmbeddingSummary second = run(input).run(PipelineOptionsFactory.create());
    assertThat(second.rows()).isEqualTo(1);
    assertThat(second.earlier()).isEqualTo(8);
    assertThat(second.entries().orElseThrow().total()).isEqualTo(13);
    assertThat(rows()).hasSize(9).doesNotHaveDuplicates();

    assertThatThrownBy(() -> run(input).withResume(false).run(PipelineOptionsFactory.create()))
        .hasMessageContaining("already holds embeddings")
        .extracting(KnownError::kindOf)
        .isEqualTo(ErrorKind.ALREADY_BEGUN);
    assertThat(output().metadata().folder("lock").files("")).isEmpty();
  }

  /** The exception is not wrapped by that of the runner. */
  @Test
  void failuresHaveTheirOwnType() throws Exception {
    Path input = Files.write(folder.resolve("a.tar"), TestArchives.tar(2));
    String table = folder.resolve("labels.csv").toString();
    EmbeddingRun run =
        EmbeddingRun.of(
            embedImages.withLabelTable(new LabelTable.Source(table, null)),
            new ImageSource.Archive(List.of(input.toString())),
            output());
    assertThatThrownBy(() -> run.run(PipelineOptionsFactory.create()))
        .isInstanceOf(KnownIOException.class)
        .hasMessage(table + " does not exist")
        .hasCauseInstanceOf(NoSuchFileException.class)
        .extracting(KnownError::kindOf)
        .isEqualTo(ErrorKind.UNREADABLE_FILE);
    // In other pipelines, the workers report the error and do not retry.
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(ListImages.in(List.of(input.toString())))
        .images()
        .apply(embedImages.withLabelTable(new LabelTable.Source(table, null)));
    assertThatThrownBy(() -> PipelineRun.DEFAULT.run(pipeline, () -> {}))
        .isInstanceOf(NonRecoverableException.class)
        .hasMessage(table + " does not exist");
  }

  /** While a run is at work, a run of other images is refused, and so is another pipeline. */
  @Tag("slow")
  @Test
  void theFolderTakesOneRunAtATime() throws Exception {
    Path these = Files.write(folder.resolve("these.tar"), TestArchives.tar(5));
    Path those = Files.write(folder.resolve("those.tar"), TestArchives.tar(6));
    run(these)
        .run(
            PipelineOptionsFactory.create(),
            (pipeline, meanwhile) -> {
              assertThatThrownBy(() -> run(those).run(PipelineOptionsFactory.create()))
                  .hasMessageContaining("another job is writing to %s (%s)", output(), these)
                  .extracting(KnownError::kindOf)
                  .isEqualTo(ErrorKind.FOLDER_IN_USE);
              assertThatThrownBy(() -> ownPipeline().run().waitUntilFinish())
                  .hasStackTraceContaining("[swav:FOLDER_IN_USE:")
                  .hasStackTraceContaining("another job is writing to " + output());
              pipeline.run().waitUntilFinish();
              meanwhile.next();
            });
    assertThat(rows()).hasSize(5).doesNotHaveDuplicates();
    ownPipeline().run().waitUntilFinish();
    assertThat(rows()).hasSize(6).doesNotHaveDuplicates();
  }

  /** The run waits although images were added to the input, which changes the groups. */
  @Tag("slow")
  @Test
  void aRunOfTheSameInputWaits() throws Exception {
    Path input = Files.createDirectories(folder.resolve("input"));
    for (int i = 0; i < 5; i++) {
      Files.write(input.resolve("%d.jpg".formatted(i)), TestImages.jpeg(i, 20, 20));
    }
    CountDownLatch waits = new CountDownLatch(1);
    AtomicReference<CompletableFuture<EmbeddingSummary>> second = new AtomicReference<>();
    run(input)
        .run(
            PipelineOptionsFactory.create(),
            (pipeline, meanwhile) -> {
              Files.write(input.resolve("00.jpg"), TestImages.jpeg(9, 20, 20));
              second.set(CompletableFuture.supplyAsync(() -> runWaiting(input, waits)));
              assertThat(waits.await(1, TimeUnit.MINUTES)).isTrue();
              pipeline.run().waitUntilFinish();
            });
    second.get().get(1, TimeUnit.MINUTES);
    assertThat(rows()).hasSize(6).doesNotHaveDuplicates();
  }

  private EmbeddingSummary runWaiting(Path input, CountDownLatch waits) {
    EmbeddingRun.Observer observer =
        new EmbeddingRun.Observer() {
          @Override
          public void onWait() {
            waits.countDown();
          }
        };
    try {
      return run(input).withObserver(observer).run(PipelineOptionsFactory.create());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Creates a pipeline of a user. */
  private Pipeline ownPipeline() {
    ModelDescription model = description();
    Embedding row =
        new Embedding("elsewhere", 1, "a", null, new float[512], null, null, null, model.id());
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(Create.of(row).withCoder(RecordSchema.coder(Embedding.class)))
        .apply("WriteEmbeddings", WriteEmbeddings.to(output(), model));
    return pipeline;
  }

  private static ModelDescription description() {
    ModelDescription trained = Embedder.describe(Path.of(embedImages.settings().model()));
    return trained.in(Precision.FLOAT32, trained.present());
  }

  @Test
  void whatCannotBeBegunLeavesNoFolder() {
    assertThatThrownBy(
            () -> run(folder.resolve("missing.tar")).run(PipelineOptionsFactory.create()))
        .hasMessageContaining("missing.tar does not exist")
        .extracting(KnownError::kindOf)
        .isEqualTo(ErrorKind.NO_INPUT);
    assertThat(folder.resolve("output")).doesNotExist();
  }
}
