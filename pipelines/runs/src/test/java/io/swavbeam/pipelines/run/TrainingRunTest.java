package io.swavbeam.pipelines.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.model.config.Decode;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.tensorflow.Devices;
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
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is promised to whoever calls the class, and not to the command alone. */
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
    try (TrainerServer server =
        new TrainerServer(
            folder.resolve("elsewhere"),
            Devices.cpu(),
            InitialModel.NONE,
            TrainerSettings.DEFAULT,
            TrainingListener.SILENT,
            new InetSocketAddress("localhost", 0),
            TrainerSecurity.NONE)) {
      CompletableFuture<ModelDescription> finished =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  server.awaitTrainer();
                  return server.finish();
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      TrainerAddress address =
          new TrainerAddress(
              "localhost:" + server.port(), TrainerSecurity.NONE, Duration.ofSeconds(20));
      List<TrainingRun.Found> found = new ArrayList<>();
      TrainingSummary elsewhere =
          train(
              TrainingRun.of(RECIPE, inputs, address)
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

  /** The images are small, so the recipe is for small images; what is changed is in it. */
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

  /** TensorFlow takes brackets in a checkpoint's path for a pattern. */
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
