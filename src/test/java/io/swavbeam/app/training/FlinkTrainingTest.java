package io.swavbeam.app.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.FlinkCluster;
import io.swavbeam.app.testing.PausingProxy;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.app.testing.TrainerProcess;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.testing.TinyRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training on a cluster with a trainer in a separate process. It ends with the same model as a
 * single process, also if processes die.
 */
@Tag("slow")
class FlinkTrainingTest {
  private static final int STEPS = 100;

  @RegisterExtension static final FlinkCluster CLUSTER = new FlinkCluster();

  @TempDir private static Path shared;
  private static Path photos;
  private static Path recipe;
  private static Path token;
  private static Map<String, byte[]> expected;

  @TempDir private Path folder;
  private TrainerProcess trainer;

  @BeforeAll
  static void trainInOneProcess() throws IOException {
    photos = TestPhotos.catsAndDogs(shared);
    recipe =
        Files.writeString(
            shared.resolve("tiny.json"), ConfigJson.write(TinyRecipe.RECIPE.withBatchSize(34)));
    token = Files.writeString(shared.resolve("token"), "a secret");
    Outcome outcome =
        Commands.swav(
            "train",
            "--input=" + photos,
            "--output=" + shared.resolve("run"),
            "--preset=" + recipe,
            "--precision=float32",
            "--checkpointEvery=10",
            "--steps=" + STEPS);
    assertThat(outcome.err()).isEmpty();
    expected = Commands.files(shared.resolve("run/checkpoints"));
    assertThat(expected).containsKey("step-100/variables.index");
  }

  private TrainerProcess startTrainer(String name, int port) throws Exception {
    return TrainerProcess.start(
        folder.resolve(name + ".log"),
        folder.resolve("run"),
        port,
        "--tokenFile=" + token,
        "--checkpointEvery=10");
  }

  @AfterEach
  void stopTrainer() {
    if (trainer != null) {
      trainer.close();
    }
  }

  private CompletableFuture<Outcome> train(int port) {
    return CompletableFuture.supplyAsync(
        () ->
            Commands.swav(
                "train",
                "--input=" + photos,
                "--preset=" + recipe,
                "--precision=float32",
                "--steps=" + STEPS,
                "--runner=FlinkRunner",
                "--flinkMaster=" + CLUSTER.master(),
                "--parallelism=2",
                "--tokenFile=" + token,
                "--trainer=localhost:" + port));
  }

  private void awaitStep(int step) throws Exception {
    Path checkpoint = folder.resolve("run/checkpoints/step-" + step);
    FlinkCluster.await("step " + step, () -> Files.exists(checkpoint));
  }

  private void assertSameModel(CompletableFuture<Outcome> training) throws Exception {
    Outcome outcome = training.get().succeededQuietly();
    assertThat(outcome.out()).contains("trained 100 steps");
    Map<String, byte[]> actual = Commands.files(folder.resolve("run/checkpoints"));
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, bytes) -> assertThat(actual.get(name)).as(name).isEqualTo(bytes));
  }

  /** Every batch shard was applied once. A step has two shards of 17 images. */
  private void assertAppliedOnce(long steps) throws IOException {
    assertThat(trainer.metric("swav_trainer_stripes_total{outcome=\"applied\"}"))
        .isEqualTo(2 * steps);
    assertThat(trainer.metric("swav_trainer_stripes_total{outcome=\"accepted\"}"))
        .isEqualTo(2 * steps);
    for (String reason : List.of("early", "malformed", "other_run", "token")) {
      assertThat(trainer.metric("swav_trainer_refused_total{reason=\"" + reason + "\"}")).isZero();
    }
  }

  @Test
  void trainsTheSameModel() throws Exception {
    assertThat(CLUSTER.get("/").orElseThrow()).contains("Apache Flink Web Dashboard");
    trainer = startTrainer("trainer", 0);
    assertThat(trainer.read("/health")).isEqualTo("{\"state\":\"waiting\"}\n");
    assertSameModel(train(trainer.port()));
    assertAppliedOnce(STEPS);
    assertThat(trainer.read("/health")).isEqualTo("{\"state\":\"done\"}\n");
    assertThat(folder.resolve("run/saved_model/saved_model.pb")).exists();
  }

  @Test
  void survivesTheDeathOfATaskManager() throws Exception {
    trainer = startTrainer("trainer", 0);
    CompletableFuture<Outcome> training = train(trainer.port());
    awaitStep(20);
    CLUSTER.replaceTaskManager();
    assertSameModel(training);
    assertAppliedOnce(STEPS);
  }

  @Test
  void survivesTheDeathOfTheTrainer() throws Exception {
    trainer = startTrainer("first", 0);
    CompletableFuture<Outcome> training = train(trainer.port());
    awaitStep(30);
    trainer.close();
    long done = 0;
    for (String name : Commands.files(folder.resolve("run/checkpoints")).keySet()) {
      Matcher step = Pattern.compile("step-(\\d+)/variables.index").matcher(name);
      done = step.matches() ? Math.max(done, Long.parseLong(step.group(1))) : done;
    }
    assertThat(done).isLessThan(STEPS);
    trainer = startTrainer("second", trainer.port());
    assertSameModel(training);
    // The only other batch shards are those that were sent too early by clients of the first
    // trainer.
    assertThat(trainer.metric("swav_trainer_stripes_total{outcome=\"applied\"}"))
        .isEqualTo(2 * (STEPS - done));
  }

  @Test
  void survivesACutNetwork() throws Exception {
    trainer = startTrainer("trainer", 0);
    try (PausingProxy cable = new PausingProxy(trainer.port())) {
      CompletableFuture<Outcome> training = train(cable.port());
      awaitStep(20);
      cable.cut(true);
      // Longer than the time until both sides give up the connection.
      Awaitility.await("an outage")
          .during(Duration.ofSeconds(20))
          .atMost(Duration.ofSeconds(30))
          .until(() -> !training.isDone());
      cable.cut(false);
      assertSameModel(training);
      assertAppliedOnce(STEPS);
    }
  }
}
