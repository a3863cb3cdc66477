package io.swavbeam.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InitConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.OptimizerConfig;
import io.swavbeam.model.config.OptimizerConfig.Algorithm;
import io.swavbeam.model.config.OptimizerConfig.Cosine;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.QueueConfig;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.Shuffle;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ImageEmbedding;
import io.swavbeam.model.parity.Parity;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.run.RunEnvironment;
import io.swavbeam.model.run.StepReport;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.testing.TinyRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TUint8;

class TrainerTest {
  private static final int STEPS = 6;
  private static final TrainerSettings OPTIONS = new TrainerSettings(3, 2, 2, 0, 1);

  @TempDir private Path folder;

  @Test
  void appliesStepsInOrderWhateverTheOrderOfTheShards() throws Exception {
    RunConfig run = run(8);
    Map<String, byte[]> inOrder = train(run, folder.resolve("a"), List.of(0, 1, 2, 3, 4, 5));
    Map<String, byte[]> mixed = train(run, folder.resolve("b"), List.of(2, 1, 0, 4, 3, 5));
    assertThat(inOrder).containsKey("step-6/variables.index");
    assertSame(mixed, inOrder);
  }

  @Test
  void resumesExactly() throws Exception {
    resumesExactly(run(8));
  }

  /** The queue is full before the interruption and used after it. */
  @Tag("slow")
  @Test
  void resumesExactlyWithAllThatTheReferenceTrainsWith() throws Exception {
    SwavConfig tiny = TinyRecipe.RECIPE;
    SwavConfig recipe =
        new SwavConfig(
            tiny.network(),
            tiny.crops(),
            tiny.augmentation(),
            tiny.loss(),
            new QueueConfig(8, 0),
            new OptimizerConfig(
                Algorithm.LARC, 0.6, 0.1, 2, 0, 0.0006, Cosine.PER_STEP, 1e-6, 0, 1),
            tiny.evaluation(),
            4,
            1,
            1);
    resumesExactly(new RunConfig(recipe, Precision.BFLOAT16, 1, STEPS, 16, "tiny"));
  }

  private void resumesExactly(RunConfig run) throws Exception {
    Map<String, byte[]> whole = train(run, folder.resolve("whole"), List.of(0, 1, 2, 3, 4, 5));
    Path interrupted = folder.resolve("interrupted");
    withTrainer(
        run,
        interrupted,
        trainer -> {
          submitSteps(trainer, run, List.of(0, 1, 2));
          awaitStep(trainer, 3);
        });
    // Step 2 was applied after the checkpoint, so it is repeated.
    assertSame(train(run, interrupted, List.of(2, 3, 4, 5)), whole);
    assertThat(Files.readAllLines(interrupted.resolve("metrics.jsonl"))).hasSize(STEPS);
  }

  @Tag("slow") // TensorFlow's allocator waits for ten seconds
  @Test
  void tooLittleMemoryEndsInOneLineAndKeepsTheCheckpoint() throws Exception {
    RunConfig run = run(8);
    Path path = folder.resolve("run");
    TrainingListener thirsty =
        report -> {
          if (report.step() == 3) {
            askForTooMuch();
          }
        };
    withTrainer(
        run,
        path,
        OPTIONS,
        thirsty,
        trainer -> {
          submitSteps(trainer, run, List.of(0, 1, 2, 3));
          assertThatThrownBy(trainer::awaitCompletion)
              .isInstanceOf(TrainingFailedException.class)
              .hasMessageContaining("a step of 8 images does not fit into memory")
              .hasMessageNotContainingAny("\n")
              .extracting(KnownError::kindOf)
              .isEqualTo(ErrorKind.STEP_TOO_LARGE);
        });
    assertThat(path.resolve("checkpoints/step-2/variables.index")).exists();
    assertSame(
        train(run, path, List.of(2, 3, 4, 5)),
        train(run, folder.resolve("whole"), List.of(0, 1, 2, 3, 4, 5)));
  }

  /**
   * Requests as many bytes as a process has addresses for, which TensorFlow refuses on every
   * machine.
   */
  private static void askForTooMuch() {
    try (Graph graph = new Graph();
        Session session = new Session(graph);
        TInt32 shape = TInt32.vectorOf(1 << 23, 1 << 22)) {
      Ops tf = Ops.create(graph);
      Placeholder<TInt32> fed = tf.placeholder(TInt32.class);
      Operand<TFloat32> large = tf.fill(fed, tf.constant(1f));
      Operand<TFloat32> sum = tf.sum(large, tf.constant(new int[] {0, 1}));
      session.runner().feed(fed, shape).fetch(sum).run().close();
    }
  }

  @Test
  void saysThatOtherKernelsGoOnWithARun() throws Exception {
    RunConfig run = run(4);
    Path path = folder.resolve("run");
    List<String> warnings = new ArrayList<>();
    train(run, path, List.of(0, 1, 2, 3, 4, 5));
    Path note = path.resolve(RunEnvironment.FILE);
    assertThat(Files.readString(note))
        .contains(RunEnvironment.of(Devices.cpu()).kernels(), "threads");

    resume(run, path, warnings);
    assertThat(warnings).isEmpty();
    Files.writeString(note, "{\"kernels\": \"those of another processor\", \"threads\": 3}");
    resume(run, path, warnings);
    assertThat(warnings)
        .singleElement()
        .asString()
        .contains("begun with those of another processor on 3 threads");
  }

  private static void resume(RunConfig run, Path path, List<String> warnings) throws Exception {
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void onStep(StepReport report) {}

          @Override
          public void onWarning(long step, String warning) {
            warnings.add(warning);
          }
        };
    withTrainer(run, path, OPTIONS, listener, trainer -> {});
  }

  @Test
  void dropsShardsThatItHas() throws Exception {
    RunConfig run = run(4);
    withTrainer(
        run,
        folder.resolve("run"),
        trainer -> {
          submitSteps(trainer, run, List.of(0, 0, 1, 0, 1, 2, 3, 3, 4, 5, 5));
          trainer.awaitCompletion();
          trainer.submit(shard(run, 0, 0));
          assertThat(trainer.progress().done()).isTrue();
        });
    assertSame(
        checkpoints(folder.resolve("run")),
        train(run, folder.resolve("other"), List.of(0, 1, 2, 3, 4, 5)));
  }

  @Test
  void keepsItsWindowAndItsShapes() throws Exception {
    RunConfig run = run(8);
    BatchShard other = shard(run(4), 0, 0);
    withTrainer(
        run,
        folder.resolve("run"),
        trainer -> {
          assertThat(trainer.progress()).isEqualTo(new Progress(0, 3, STEPS, false));
          assertThatThrownBy(() -> trainer.submit(shard(run, 3, 0)))
              .isInstanceOf(BatchShardRefusedException.class)
              .hasMessageContaining("before its window");
          assertThatThrownBy(
                  () ->
                      trainer.submit(new BatchShard(0, 0, other.crops().subList(0, 1), List.of())))
              .isInstanceOf(BatchShardRefusedException.class)
              .hasMessageContaining("not of this run");
          assertThat(trainer.progress().nextStep()).isZero();
        });
  }

  @Test
  void writesDeadLettersOnce() throws Exception {
    RunConfig run = run(4);
    DeadLetter letter = new DeadLetter("a.tar", "x.jpg", "decode", "damaged", ErrorKind.DAMAGED);
    withTrainer(
        run,
        folder.resolve("run"),
        trainer -> {
          for (int step = 0; step < STEPS; step++) {
            awaitWindow(trainer, step);
            trainer.submit(new BatchShard(step, 0, shard(run, step, 0).crops(), List.of(letter)));
          }
          trainer.awaitCompletion();
        });
    assertThat(Files.readAllLines(folder.resolve("run/dead-letters/images.jsonl")))
        .containsExactly(letter.toJson());
  }

  /**
   * 2 of 16 images are more than a tenth. The check is made when all images were needed: after step
   * 3.
   */
  @Test
  void stopsWhereTooManyImagesCannotBeRead() throws Exception {
    RunConfig run = run(4);
    Path path = folder.resolve("run");
    assertThatThrownBy(() -> trainWithLetters(run, path, Map.of(0, 1, 1, 2), 4))
        .isInstanceOf(TrainingFailedException.class)
        .hasMessageContaining(
            "2 of the 16 images that were needed until step 3 cannot be read, more than the fraction 0.1");
    assertThat(Files.readAllLines(path.resolve("dead-letters/images.jsonl"))).hasSize(2);
  }

  /** A dead letter of a repeated step does not count for the steps before it. */
  @Tag("slow")
  @Test
  void judgesTheSameAfterAnInterruption() throws Exception {
    RunConfig run =
        new RunConfig(
            run(4).recipe(),
            Precision.FLOAT32,
            1,
            STEPS,
            8,
            "tiny",
            "",
            DecodingConfig.DEFAULT,
            0.25,
            InitConfig.NONE,
            Shuffle.FEISTEL);
    Path path = folder.resolve("run");
    // Steps 0 and 1 are an epoch of 8 images, and 1 of them is unreadable; step 2 is not saved.
    trainWithLetters(run, path, Map.of(0, 1, 2, 2), 3);
    assertThat(Files.readAllLines(path.resolve("dead-letters/images.jsonl"))).hasSize(2);
    trainWithLetters(run, path, Map.of(2, 2, 3, 1, 4, 2), STEPS);
    Map<String, byte[]> interrupted = checkpoints(path);
    trainWithLetters(run, folder.resolve("whole"), Map.of(0, 1, 2, 2, 3, 1, 4, 2), STEPS);
    assertSame(interrupted, checkpoints(folder.resolve("whole")));
  }

  /**
   * @param letters the number of an unreadable image by the step that needs it
   * @param end the first step that is not run
   */
  private static void trainWithLetters(
      RunConfig run, Path path, Map<Integer, Integer> letters, int end) throws Exception {
    withTrainer(
        run,
        path,
        trainer -> {
          for (int step = (int) trainer.progress().nextStep(); step < end; step++) {
            List<DeadLetter> dead = new ArrayList<>();
            if (letters.containsKey(step)) {
              String name = letters.get(step) + ".jpg";
              dead.add(new DeadLetter("a", name, "read", "no", ErrorKind.DAMAGED));
            }
            trainer.submit(new BatchShard(step, 0, shard(run, step, 0).crops(), dead));
            awaitStep(trainer, step + 1);
          }
        });
  }

  @Test
  void aDirectoryBelongsToOneRunAndOneProcess() throws Exception {
    try (RunDirectory directory = RunDirectory.open(folder.resolve("run"))) {
      directory.claim(run(4));
      assertThatThrownBy(() -> directory.claim(TinyRecipe.run(7, 16)))
          .isInstanceOf(TrainingFailedException.class)
          .hasMessageContaining("already holds another run (steps: 6 -> 7)");
      assertThatThrownBy(() -> RunDirectory.open(folder.resolve("run")))
          .isInstanceOf(TrainingFailedException.class)
          .hasMessageContaining("in use by another training process");
    }
    Files.createDirectories(folder.resolve("photos"));
    Files.writeString(folder.resolve("photos/cat.jpg"), "");
    assertThatThrownBy(() -> RunDirectory.open(folder.resolve("photos")))
        .isInstanceOf(TrainingFailedException.class)
        .hasMessageContaining("is not a training run");
  }

  @Test
  void aDamagedCheckpointIsPutAsideAndTheOneBeforeItTaken() throws Exception {
    RunConfig run = run(4);
    Path path = folder.resolve("run");
    Map<String, byte[]> whole = train(run, path, List.of(0, 1, 2, 3, 4, 5));
    damage(path.resolve("checkpoints/step-6"));
    List<String> warnings = new ArrayList<>();
    resume(run, path, warnings);
    assertThat(warnings).singleElement().asString().contains("step-6 is damaged");
    Path aside = path.resolve("checkpoints/damaged-step-6");
    assertThat(aside).isDirectory();
    AtomicFiles.delete(aside);
    assertSame(train(run, path, List.of(2, 3, 4, 5)), whole);
  }

  private static void damage(Path checkpoint) throws IOException {
    Path data = checkpoint.resolve("variables.data-00000-of-00001");
    byte[] bytes = Files.readAllBytes(data);
    bytes[bytes.length / 2] ^= 1;
    Files.write(data, bytes);
  }

  @Test
  void aRunOfDamagedCheckpointsIsRefused() throws Exception {
    RunConfig run = run(4);
    train(run, folder.resolve("run"), List.of(0, 1, 2, 3, 4, 5));
    try (Stream<Path> checkpoints = Files.list(folder.resolve("run/checkpoints"))) {
      for (Path checkpoint : checkpoints.toList()) {
        damage(checkpoint);
      }
    }
    try (RunDirectory directory = RunDirectory.open(folder.resolve("run"))) {
      assertThatThrownBy(
              () -> new Trainer(directory, run, Devices.cpu(), OPTIONS, TrainingListener.SILENT))
          .isInstanceOf(TrainingFailedException.class)
          .hasMessageContaining("is damaged, and there is none before it");
    }
  }

  @Test
  void theExportEmbedsTheSameInAnyBatch() throws Exception {
    RunConfig run = run(4);
    train(run, folder.resolve("run"), List.of(0, 1, 2, 3, 4, 5));
    ModelExport.export(folder.resolve("run"));
    List<TUint8> images = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      images.add(noise(i));
    }
    try (Embedder embedder = Embedder.load(folder.resolve("run"));
        Embedder.Batch large = embedder.batch(5);
        Embedder.Batch small = embedder.batch(2)) {
      assertThat(embedder.description().id())
          .matches("swav-[0-9a-f]{12}-step-6-[0-9a-f]{12}-pixels5-scaled");
      images.forEach(large::add);
      List<ImageEmbedding> together = large.embed();
      for (int i = 0; i < images.size(); i++) {
        small.add(images.get(i));
        ImageEmbedding alone = small.embed().get(0);
        assertThat(alone.features()).hasSize(512);
        assertClose(alone.features(), together.get(i).features());
        assertClose(alone.projection(), together.get(i).projection());
        assertThat(alone.cluster()).isEqualTo(together.get(i).cluster());
        assertThat(alone.clusterProbability()).isBetween(0.2f, 1f);
        double square = 0;
        for (float value : alone.projection()) {
          square += value * value;
        }
        assertThat(square).isBetween(0.9999, 1.0001);
      }
    }
    images.forEach(TUint8::close);
  }

  @Test
  void bfloat16EmbedsAlmostTheSame() throws Exception {
    RunConfig run = run(4);
    Path directory = folder.resolve("run");
    train(run, directory, List.of(0, 1, 2, 3, 4, 5));
    ModelExport.export(directory);
    try (TUint8 image = noise(1);
        Embedder exact = Embedder.load(directory);
        Embedder.Batch exactly = exact.batch(1);
        Embedder embedder = Embedder.load(directory, Precision.BFLOAT16);
        Embedder.Batch almost = embedder.batch(1)) {
      assertThat(embedder.description().id())
          .isEqualTo(exact.description().id().replace("-pixels5", "-bfloat16-pixels5"));
      exactly.add(image);
      almost.add(image);
      float[] features = almost.embed().get(0).features();
      float[] expected = exactly.embed().get(0).features();
      assertThat(Parity.relativeError(features, expected)).isBetween(1e-5, 2e-2);
    }
    assertThatThrownBy(() -> Embedder.load(directory, Precision.FLOAT16))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("%s cannot be used in float16", RunDirectory.savedModel(directory));
  }

  private static TUint8 noise(int seed) {
    byte[] pixels = new byte[20 * 30 * 3];
    new Random(seed).nextBytes(pixels);
    return Tensors.bytes(pixels, 20, 30, 3);
  }

  /** Unclosed tensors would be visible as some hundred megabytes. */
  @Test
  @Tag("slow")
  void memoryStaysFlatOverTwoThousandSteps() throws Exception {
    RunConfig run = TinyRecipe.run(2000, 16);
    List<Long> resident = new ArrayList<>();
    withTrainer(
        run,
        folder.resolve("run"),
        new TrainerSettings(4, 1000, 2, 0, 100),
        TrainingListener.SILENT,
        trainer -> {
          for (int step = 0; step < run.steps(); step++) {
            awaitWindow(trainer, step);
            trainer.submit(shard(run, step, 0));
            if (step % 500 == 499) {
              resident.add(residentMegabytes());
            }
          }
          trainer.awaitCompletion();
        });
    System.out.println("resident memory every 500 steps, in MB: " + resident);
    assertThat(resident.get(resident.size() - 1)).isLessThan(resident.get(1) + 40);
  }

  private static long residentMegabytes() throws IOException {
    System.gc(); // returns unused heap, so that the rest is native memory
    try (Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
      return status
              .filter(line -> line.startsWith("VmRSS"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .findFirst()
              .orElseThrow()
          / 1024;
    }
  }

  private static RunConfig run(int batchSize) {
    RunConfig tiny = TinyRecipe.run(STEPS, 16);
    return new RunConfig(
        tiny.recipe().withBatchSize(batchSize),
        tiny.precision(),
        tiny.seed(),
        STEPS,
        16,
        tiny.manifest());
  }

  private static Map<String, byte[]> train(RunConfig run, Path path, List<Integer> steps)
      throws Exception {
    withTrainer(
        run,
        path,
        trainer -> {
          submitSteps(trainer, run, steps);
          trainer.awaitCompletion();
        });
    return checkpoints(path);
  }

  @FunctionalInterface
  private interface Use {
    void of(Trainer trainer) throws Exception;
  }

  private static void withTrainer(RunConfig run, Path path, Use use) throws Exception {
    withTrainer(run, path, OPTIONS, TrainingListener.SILENT, use);
  }

  private static void withTrainer(
      RunConfig run, Path path, TrainerSettings settings, TrainingListener listener, Use use)
      throws Exception {
    try (RunDirectory directory = RunDirectory.open(path)) {
      directory.claim(run);
      try (Trainer trainer = new Trainer(directory, run, Devices.cpu(), settings, listener)) {
        use.of(trainer);
      }
    }
  }

  private static void submitSteps(Trainer trainer, RunConfig run, List<Integer> steps)
      throws InterruptedException {
    for (int step : steps) {
      awaitWindow(trainer, step);
      for (int index = run.recipe().shardsPerStep() - 1; index >= 0; index--) {
        trainer.submit(shard(run, step, index));
      }
    }
  }

  private static void awaitWindow(Trainer trainer, int step) throws InterruptedException {
    while (trainer.progress().windowEnd() <= step) {
      Thread.sleep(0, 100_000);
    }
  }

  private static void awaitStep(Trainer trainer, int step) throws InterruptedException {
    while (trainer.progress().nextStep() < step) {
      Thread.sleep(0, 100_000);
    }
  }

  /** Returns random crops that depend only on the step and the index. */
  private static BatchShard shard(RunConfig run, int step, int index) {
    Random random = new Random(100L * step + index);
    List<TUint8> crops = new ArrayList<>();
    for (CropSpec spec : run.recipe().crops()) {
      long[] shape = {spec.count(), run.recipe().shardSize(), spec.size(), spec.size(), 3};
      byte[] bytes = new byte[(int) (shape[0] * shape[1] * shape[2] * shape[3] * shape[4])];
      random.nextBytes(bytes);
      crops.add(Tensors.bytes(bytes, shape));
    }
    return new BatchShard(step, index, crops, List.of());
  }

  private static Map<String, byte[]> checkpoints(Path run) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    Path root = run.resolve("checkpoints");
    try (Stream<Path> walk = Files.walk(root)) {
      for (Path file : walk.filter(Files::isRegularFile).toList()) {
        files.put(root.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }

  private static void assertSame(Map<String, byte[]> actual, Map<String, byte[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, bytes) -> assertThat(actual.get(name)).as(name).isEqualTo(bytes));
  }

  private static void assertClose(float[] actual, float[] expected) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isBetween(expected[i] - 1e-4f, expected[i] + 1e-4f);
    }
  }
}
