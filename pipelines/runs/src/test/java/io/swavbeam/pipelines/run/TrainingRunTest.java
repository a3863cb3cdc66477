package io.swavbeam.pipelines.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.model.config.Decode;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.model.testing.TinyRecipe;
import io.swavbeam.model.training.InitialModel;
import io.swavbeam.model.training.TrainerSettings;
import io.swavbeam.model.training.TrainingListener;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.trainer.TrainerAddress;
import io.swavbeam.pipelines.trainer.TrainerSecurity;
import io.swavbeam.pipelines.trainer.server.TrainerServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The guarantees of {@link TrainingRun} for callers of the library. */
@Tag("slow")
class TrainingRunTest {
  private static final int STEPS = 3;
  private static final SwavConfig RECIPE = TinyRecipe.RECIPE;

  @TempDir private Path folder;
  private List<String> inputs;

  @BeforeEach
  void writeImages() throws Exception {
    inputs = List.of(Files.write(folder.resolve("images.tar"), TestArchives.tar(10)).toString());
  }

  @Test
  void aTrainerElsewhereGivesTheSameModel() throws Exception {
    TrainingSummary here = train(TrainingRun.of(RECIPE, inputs, folder.resolve("here")));
    try (TrainerServer server = server("elsewhere")) {
      CompletableFuture<ModelDescription> finished =
          CompletableFuture.supplyAsync(() -> finish(server));
      List<TrainingRun.Found> found = new ArrayList<>();
      TrainingSummary elsewhere =
          train(
              TrainingRun.of(RECIPE, inputs, address(server))
                  .withObserver(
                      new TrainingRun.Observer() {
                        @Override
                        public void onListed(TrainingRun.Found images) {
                          found.add(images);
                        }
                      }));
      assertThat(elsewhere).isEqualTo(here);
      assertThat(finished.get().id()).isEqualTo(here.model());
      assertThat(found).singleElement().extracting(TrainingRun.Found::images).isEqualTo(10L);
    }
  }

  @Test
  void goesOnElsewhereAsItWasBegun() throws Exception {
    try (TrainerServer server = server("elsewhere")) {
      CompletableFuture<ModelDescription> finished =
          CompletableFuture.supplyAsync(() -> finish(server));
      TrainingRun run = TrainingRun.of(RECIPE, inputs, address(server));
      TrainingSummary begun = train(run.withPrecision(Precision.BFLOAT16).withDecode(Decode.FULL));
      assertThat(train(run.withPrecisionOfDevices())).isEqualTo(begun);
      assertThat(finished.get().id()).isEqualTo(begun.model());
    }
  }

  private TrainerServer server(String run) throws IOException {
    return new TrainerServer(
        folder.resolve(run),
        Devices.cpu(),
        InitialModel.NONE,
        TrainerSettings.DEFAULT,
        TrainingListener.SILENT,
        new InetSocketAddress("localhost", 0),
        TrainerSecurity.NONE);
  }

  private static TrainerAddress address(TrainerServer server) {
    return new TrainerAddress(
        "localhost:" + server.port(), TrainerSecurity.NONE, Duration.ofSeconds(20));
  }

  private static ModelDescription finish(TrainerServer server) {
    try {
      server.awaitTrainer();
      return server.finish();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The exception is not wrapped by that of the runner. */
  @Test
  void failuresHaveTheirOwnType() throws Exception {
    Path photos = Files.createDirectories(folder.resolve("photos"));
    for (int i = 0; i < 8; i++) {
      Files.writeString(photos.resolve(i + ".jpg"), "no image");
    }
    Files.write(photos.resolve("good.jpg"), TestImages.jpeg(1, 20, 20));
    TrainingRun run =
        TrainingRun.of(RECIPE, List.of(photos.toString()), folder.resolve("run")).withSteps(STEPS);
    assertThatThrownBy(() -> run.run(PipelineOptionsFactory.create()))
        .isInstanceOf(TrainingFailedException.class)
        .hasMessageContaining("cannot be read, more than the fraction 0.1")
        .extracting(KnownError::kindOf)
        .isEqualTo(ErrorKind.UNREADABLE_IMAGES);
  }

  @Test
  void wrongValuesAreRefusedAtOnce() {
    TrainingRun run = TrainingRun.of(RECIPE, inputs, folder.resolve("run"));
    assertThatThrownBy(() -> run.withSteps(0)).hasMessageContaining("one step, not 0");
    assertThatThrownBy(() -> run.withSplits(0)).hasMessageContaining("one split, not 0");
    assertThatThrownBy(() -> run.withMaxUnreadable(7)).hasMessageContaining("from 0 to 1, not 7");
    assertThatThrownBy(() -> new TrainerSettings(1, 1, 1, 0, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TrainerSettings(2, 0, 1, 0, 1))
        .isInstanceOf(IllegalArgumentException.class);

    TrainingRun elsewhere =
        TrainingRun.of(
            RECIPE,
            inputs,
            new TrainerAddress("trainer_1:7070", TrainerSecurity.NONE, Duration.ZERO));
    for (ThrowingCallable ignored :
        List.<ThrowingCallable>of(
            () -> elsewhere.withDevices(Devices.cpu()),
            () -> elsewhere.withInit(new InitialModel(folder, 0)),
            () -> elsewhere.withTrainerSettings(TrainerSettings.DEFAULT),
            () -> elsewhere.withListener(TrainingListener.SILENT),
            () -> elsewhere.withResume(false))) {
      assertThatThrownBy(ignored)
          .hasMessageStartingWith("the trainer at trainer_1:7070 has its own");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "local host:7070",
        "http://localhost:7070",
        "localhost:0",
        "localhost:99999",
        "localhost:7070/run",
        "::1:7070",
        "a@b:7070"
      })
  void whatIsNoAddressIsRefused(String target) {
    assertThatThrownBy(() -> new TrainerAddress(target, TrainerSecurity.NONE, Duration.ZERO))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("a trainer is at host:port, not at '%s'", target);
  }

  @Test
  void goesOnAsItWasBegunWhereNobodySaysOtherwise() throws Exception {
    Path output = folder.resolve("run");
    RunConfig begun =
        train(
                TrainingRun.of(RECIPE, inputs, output)
                    .withPrecision(Precision.BFLOAT16)
                    .withDecode(Decode.FULL))
            .run();
    RunConfig goneOn = train(TrainingRun.of(RECIPE, inputs, output).withPrecisionOfDevices()).run();
    assertThat(goneOn).isEqualTo(begun);
  }

  /** The images are small, so the recipe is that for small images, with the changed values. */
  @Test
  void choosesARecipeByTheImagesAndKeepsIt() throws Exception {
    JsonNode changes =
        new ObjectMapper()
            .readTree("{\"width\": 2, \"batchSize\": 4, \"prototypes\": 5, \"queueLength\": 0}");
    Path output = folder.resolve("run");
    RunConfig begun = train(TrainingRun.ofAuto(changes, inputs, output)).run();
    assertThat(begun.recipe().batchSize()).isEqualTo(4);
    assertThat(begun.recipe().network().prototypes()).isEqualTo(5);
    assertThat(train(TrainingRun.ofAuto(changes, inputs, output)).run()).isEqualTo(begun);
  }

  /** TensorFlow treats brackets in the path of a checkpoint as a pattern. */
  @Test
  void foldersMayHaveAnyName() throws Exception {
    Path output = folder.resolve("run [1] {a,b} *?\\");
    TrainingSummary begun = train(TrainingRun.of(RECIPE, inputs, output));
    assertThat(train(TrainingRun.of(RECIPE, inputs, output))).isEqualTo(begun);
    EmbeddingSummary embedded =
        EmbeddingRun.of(
                EmbedImages.ofImages(output.toString()),
                new ImageSource.Archive(inputs),
                Folder.of(folder.resolve("embeddings [2]")))
            .run(PipelineOptionsFactory.create());
    assertThat(embedded.rows()).isEqualTo(10);
  }

  private static TrainingSummary train(TrainingRun run) throws Exception {
    return run.withSteps(STEPS).withMaxUnreadable(0.5).run(PipelineOptionsFactory.create());
  }
}
