package io.swavbeam.app.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.FlinkCluster;
import io.swavbeam.app.testing.TrainerProcess;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code swav train} without a recipe: it chooses one, and prints the memory that it needs. */
class AutoPresetTest {
  private static final Pattern MEMORY = Pattern.compile("memory: about ([0-9.]+) GB");

  @TempDir private Path folder;

  @Test
  void smallImagesTakeTheRecipeOfCifarAndTheSameCommandGoesOn() throws IOException {
    Path images = images("small", 20, 32, 32);
    String[] command = {
      "train", "--input=" + images, "--output=" + folder.resolve("run"), "--steps=1", "--seed=3"
    };
    RunConfig planned = plan(command);
    assertThat(folder.resolve("run")).doesNotExist();
    assertThat(Commands.swav(command).succeeded().out())
        .contains("preset cifar10: the median shorter side of 20 images is 32 pixels")
        .contains("four-conv of width 64 on crops of 28 and 18 pixels, 16 images per step")
        .contains("60 prototypes and 400 epochs, for 20 images")
        .containsPattern(MEMORY);
    RunConfig run = RunDirectory.readConfig(folder.resolve("run"));
    assertThat(run.recipe().batchSize()).isEqualTo(16);
    assertThat(run.recipe().network().prototypes()).isEqualTo(60);
    assertThat(run).isEqualTo(planned).isEqualTo(plan(command));

    assertThat(Commands.swav(command).succeeded().out())
        .doesNotContain("preset cifar10")
        .contains("trained 1 steps");
    assertThat(RunDirectory.readConfig(folder.resolve("run"))).isEqualTo(run);

    String[] other = command.clone();
    other[3] = "--batchSize=8";
    Commands.swav(other).refused("already holds another run", "batchSize");
    assertThat(Commands.swav(withPlan(other)).out())
        .contains("warning: the run that was begun differs in recipe.batchSize: 16 -> 8");
  }

  /** A plan is refused with the same line as the run. */
  @Test
  void plansAreRefusedAsRunsAre() throws IOException {
    Path images = images("small", 20, 32, 32);
    Files.writeString(Files.createDirectory(folder.resolve("other")).resolve("notes.txt"), "text");
    String output = "--output=" + folder.resolve("other");
    for (String[] command :
        new String[][] {
          {"train", "--input=" + images, output},
          {"train", "--input=" + images, "--output=" + folder, "--queueLength=6"},
          {"train", "--input=" + folder.resolve("none"), "--output=" + folder.resolve("run")},
        }) {
      Outcome plan = Commands.swav(withPlan(command));
      Outcome run = Commands.swav(command);
      assertThat(plan.exitCode()).isEqualTo(run.exitCode()).isNotZero();
      assertThat(plan.err()).isEqualTo(run.err()).hasLineCount(1);
    }
  }

  /** Returns the run that {@code --plan} prints. */
  private static RunConfig plan(String... command) {
    Outcome outcome = Commands.swav(withPlan(command)).succeeded();
    RunConfig run = RunConfig.read(outcome.out().replaceFirst("(?s)^.*?\n(?=\\{)", ""), "plan");
    assertThat(outcome.out()).contains("run " + run.id()).doesNotContain("warning");
    return run;
  }

  private static String[] withPlan(String... command) {
    return Stream.concat(Stream.of(command), Stream.of("--plan")).toArray(String[]::new);
  }

  @Tag("slow")
  @Test
  void photographsTakeTheirsAndOptionsChangeIt() throws IOException {
    Path images = images("large", 4, 96, 130);
    Outcome outcome =
        Commands.swav(
                "train",
                "--input=" + images,
                "--output=" + folder.resolve("run"),
                "--steps=1",
                "--device=cpu",
                "--width=8")
            .succeeded();
    assertThat(outcome.out()).contains("preset photos: the median shorter side of 4 images is 96");
    SwavConfig recipe = RunDirectory.readConfig(folder.resolve("run")).recipe();
    assertThat(recipe.network().backbone()).isEqualTo("resnet18");
    assertThat(recipe.network().width()).isEqualTo(8);
    assertThat(recipe.batchSize()).isEqualTo(4);
  }

  @Test
  @Tag("slow")
  void aStepThatDoesNotFitIsRefusedWithOneThatDoes() throws IOException {
    Path images = images("images", 8, 32, 32);
    String[] command = {
      "train",
      "--input=" + images,
      "--output=" + folder.resolve("run"),
      "--steps=1",
      "--preset=cifar10",
      "--batchSize=1024",
      "--crops=2x1024:0.3-1"
    };
    assertThat(Commands.swav(command).refused().err())
        .startsWith("swav: a step of 1024 images takes about ")
        .containsPattern(
            "GB, but only [0-9.]+ GB are available: (it fits in \\d+ micro-batches of \\d+ images|no batch fits).*: see --microBatches");
    // Nothing was begun, so the folder can be used with another recipe.
    command[5] = "--batchSize=4";
    command[6] = "--crops=2x28:0.3-1";
    Commands.swav(command).succeeded();
  }

  /** A batch that fits is not divided. A resumed run keeps its micro-batches. */
  @Tag("slow")
  @Test
  void partsOfABatchAreChosenOnce() throws IOException {
    Path images = images("images", 8, 32, 32);
    String[] command = {
      "train",
      "--input=" + images,
      "--output=" + folder.resolve("run"),
      "--steps=2",
      "--preset=cifar10",
      "--batchSize=8",
      "--queueLength=0",
      "--microBatches=auto"
    };
    Commands.swav(command).succeeded();
    assertThat(RunDirectory.readConfig(folder.resolve("run")).recipe().microBatches()).isOne();

    command[2] = "--output=" + folder.resolve("divided");
    command[7] = "--microBatches=4";
    assertThat(Commands.swav(command).succeeded().out())
        .contains("for a step of 8 images in 4 parts");
    command[7] = "--microBatches=auto";
    assertThat(Commands.swav(command).succeeded().out()).contains("trained 2 steps");

    command[7] = "--microBatches=3";
    Outcome refused = Commands.swav(command);
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err())
        .isEqualToIgnoringNewLines(
            "swav: --microBatches must be one of [1, 2, 4] for a batch of 8, not 3");
  }

  /** Only the trainer knows its devices. The images are where the workers are. */
  @Test
  @Tag("slow")
  void aTrainerElsewhereChooses() throws Exception {
    Path run = folder.resolve("run");
    Path log = folder.resolve("trainer.log");
    try (TrainerProcess trainer = TrainerProcess.start(log, run, 0)) {
      String[] command = {
        "train",
        "--input=" + images("small", 20, 32, 32),
        "--trainer=localhost:" + trainer.port(),
        "--steps=2",
        "--width=8"
      };
      RunConfig planned = plan(command);
      assertThat(RunDirectory.isClaimed(run)).isFalse();
      assertThat(Commands.swav(command).succeeded().out())
          .contains(
              "the trainer has chosen four-conv of width 8 on crops of 28 and 18 pixels, 16 images per step")
          .contains("trained 2 steps");
      assertThat(log)
          .content()
          .contains("preset cifar10: the median shorter side of 20 images is 32 pixels")
          .contains("60 prototypes and 400 epochs, for 20 images");
      RunConfig chosen = RunDirectory.readConfig(run);
      assertThat(chosen).isEqualTo(planned);
      assertThat(chosen.recipe().network().width()).isEqualTo(8);
      assertThat(chosen.recipe().network().prototypes()).isEqualTo(60);

      Commands.swav(command).succeeded();
      String[] others = command.clone();
      others[1] = "--input=" + images("others", 20, 32, 40);
      assertThat(Commands.swav(withPlan(others)).out())
          .contains("warning: the run that was begun differs in content");
      command[4] = "--batchSize=8";
      assertThat(Commands.swav(command).err())
          .contains("another run")
          .contains("batchSize")
          .contains("start `swav trainer` with another --run, or repeat the options of its run");
      command[4] = "--backbone=vgg";
      Outcome unknown = Commands.swav(command);
      assertThat(unknown.exitCode()).isEqualTo(2);
      assertThat(unknown.err()).contains("vgg").hasLineCount(1);
    }
  }

  /**
   * The estimated memory is that of the process, for a small network and a deep one with
   * micro-batches.
   */
  @Test
  @Tag("slow")
  @EnabledOnOs(OS.LINUX) // Linux reports the peak memory of a process
  void memoryIsWhatWasAnnounced() throws Exception {
    Path small = images("small", 64, 32, 32);
    Path large = images("large", 16, 200, 260);
    share("cifar10", small, 768, 1);
    share("imagenet", large, 8, 2);
  }

  private void share(String preset, Path images, int batch, int parts) throws Exception {
    Path log = folder.resolve(preset + ".log");
    Process process =
        Commands.start(
            log,
            "train",
            "--input=" + images,
            "--output=" + folder.resolve(preset),
            "--preset=" + preset,
            "--batchSize=" + batch,
            "--microBatches=" + parts,
            "--queueLength=0",
            "--precision=float32",
            "--steps=1");
    Path status = Path.of("/proc/%d/status".formatted(process.pid()));
    AtomicLong peak = new AtomicLong();
    FlinkCluster.await(
        "the run",
        () -> {
          peak.accumulateAndGet(peak(status), Math::max);
          return !process.isAlive();
        });
    String said = Files.readString(log);
    assertThat(process.exitValue()).as(said).isZero();
    Matcher memory = MEMORY.matcher(said);
    assertThat(memory.find()).as(said).isTrue();
    double announced = 1e9 * Double.parseDouble(memory.group(1));
    // The memory of the same step varies by a fifth, because the reuse of memory in TensorFlow
    // depends on timing.
    assertThat(peak.get() / announced).as(said).isBetween(0.8, 1.25);
  }

  /** Returns the peak memory of a process so far, in bytes; 0 after its end. */
  private static long peak(Path status) {
    try {
      return Files.readAllLines(status).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  private Path images(String name, int count, int height, int width) throws IOException {
    Path images = Files.createDirectories(folder.resolve(name));
    for (int i = 0; i < count; i++) {
      Files.write(images.resolve(i + ".jpg"), TestImages.jpeg(i, height, width));
    }
    return images;
  }
}
