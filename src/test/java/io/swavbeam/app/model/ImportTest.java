package io.swavbeam.app.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.Swav;
import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.model.backbone.ResNetKind;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.testing.TorchFiles;
import io.swavbeam.model.testing.TorchFiles.Layout;
import io.swavbeam.model.testing.TorchFiles.Pickle;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights of other software, from the file to the embedding. */
class ImportTest {
  @TempDir private static Path shared;
  @TempDir private Path folder;

  private static Path photos;

  @BeforeAll
  static void draw() throws IOException {
    photos = TestPhotos.catsAndDogs(shared.resolve("photos"));
  }

  /** Returns random weights, with statistics of random images. */
  private static float[] numbers(String name, List<Long> shape) {
    float[] numbers = new float[Math.toIntExact(size(shape))];
    Random random = new Random(name.hashCode());
    double deviation = Math.sqrt(2.0 * shape.get(0) / numbers.length);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          name.contains("bn") || name.contains("downsample.1") || name.contains("head.1")
              ? 0.5f + random.nextFloat()
              : (float) (deviation * random.nextGaussian());
    }
    return numbers;
  }

  private static long size(List<Long> shape) {
    return shape.stream().reduce(1L, (a, b) -> a * b);
  }

  /** Writes a small network with the small stem, with or without head and prototypes. */
  private static Path weights(Path file, Layout layout, boolean head) throws IOException {
    Map<String, List<Long>> shapes = new LinkedHashMap<>(ResNetKind.RESNET18.shapes(4, true));
    if (head) {
      shapes.put("projection_head.weight", List.of(8L, 32L));
      shapes.put("projection_head.bias", List.of(8L));
      shapes.put("prototypes.weight", List.of(5L, 8L));
    } else {
      shapes.put("fc.weight", List.of(10L, 32L));
    }
    return TorchFiles.write(layout, file, shapes, name -> numbers(name, shapes.get(name)));
  }

  private Path imported(String name, boolean head, String... more) throws IOException {
    Path model = folder.resolve(name);
    Commands.swav(
            List.of(
                "import",
                "--weights=" + weights(folder.resolve(name + ".pth"), Layout.LEGACY, head),
                "--output=" + model),
            more)
        .succeededQuietly();
    return model;
  }

  private List<Embedding> embedded(Path model) throws IOException {
    Path output = folder.resolve("embeddings-" + model.getFileName());
    Outcome outcome =
        Commands.swav("embed", "--model=" + model, "--input=" + photos, "--output=" + output);
    assertThat(outcome.err()).isEmpty();
    List<Embedding> rows = new ArrayList<>();
    EmbeddingFiles.read(Folder.of(output), rows::add);
    assertThat(rows).isNotEmpty();
    return rows;
  }

  @Test
  void aNetworkWithoutHeadAndPrototypesEmbeds() throws IOException {
    List<Embedding> rows = embedded(imported("bare", false));
    assertThat(rows)
        .allSatisfy(
            row -> {
              assertThat(row.embedding()).hasSize(32);
              assertThat(row.projection()).isNull();
              assertThat(row.cluster()).isNull();
              assertThat(row.clusterProbability()).isNull();
            });
    Path report = folder.resolve("report.html");
    Outcome outcome =
        Commands.swav(
            "report", "--embeddings=" + folder.resolve("embeddings-bare"), "--output=" + report);
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out()).contains("the model has no prototypes");
    assertThat(report).content().contains("The model has no prototypes.");
  }

  @Tag("slow")
  @Test
  void findsPrototypesAmongImages() throws IOException {
    String[] more = {"--prototypes=2", "--input=" + photos};
    Path model = imported("found", false, more);
    List<Embedding> rows = embedded(model);
    assertThat(rows).allSatisfy(row -> assertThat(row.cluster()).isBetween(0, 1));
    // Centres of real images, so no cluster is empty.
    assertThat(rows).extracting(Embedding::cluster).contains(0, 1);
    assertThat(Embedder.describe(imported("again", false, more)).id())
        .isEqualTo(Embedder.describe(model).id());
    assertThat(
            Commands.swav(
                    "import",
                    "--weights=" + folder.resolve("found.pth"),
                    "--output=" + folder.resolve("many"),
                    "--prototypes=5000",
                    "--input=" + photos)
                .err())
        .startsWith("swav: 5,000 prototypes need at least as many images");
    assertThat(folder.resolve("many")).doesNotExist();
  }

  private static Map<String, float[]> values(Path model) {
    Map<String, float[]> values = new TreeMap<>();
    SavedNetwork.read(
        Embedder.find(model),
        SavedNetwork.shapes(Embedder.describe(model).requireNetwork("model")),
        some ->
            some.forEach(
                (name, value) -> {
                  float[] numbers = new float[(int) value.size()];
                  value.asRawTensor().data().asFloats().read(numbers);
                  values.put(name, numbers);
                }));
    return values;
  }

  private Outcome train(Path model, Path output, String... more) {
    return Commands.swav(
        List.of(
            "train",
            "--init=" + model,
            "--input=" + photos,
            "--output=" + output,
            "--preset=cifar10-resnet18",
            "--width=4",
            "--hiddenDim=0",
            "--projectionDim=8",
            "--prototypes=5",
            "--mean=0.485,0.456,0.406",
            "--std=0.228,0.224,0.225",
            "--crops=2x16:0.3-1,1x12:0.1-0.3",
            "--batchSize=4",
            "--queueLength=0",
            "--precision=float32",
            "--checkpointEvery=1",
            "--keepCheckpoints=9"),
        more);
  }

  @Test
  void trainingBeginsWithAModelAndKeepsItsBackboneAsLongAsItIsFrozen() throws IOException {
    Path model = imported("model", true);
    Path run = folder.resolve("run");
    Outcome outcome = train(model, run, "--steps=2", "--freezeBackbone=2");
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out())
        .contains("beginning with the backbone, the projection head and the prototypes");
    Map<String, float[]> before = values(model);
    Map<String, float[]> after = values(run);
    assertThat(after.get("conv1.weight")).isEqualTo(before.get("conv1.weight"));
    assertThat(after.get("layer4.1.bn2.bias")).isEqualTo(before.get("layer4.1.bn2.bias"));
    assertThat(after.get("projection_head.weight"))
        .isNotEqualTo(before.get("projection_head.weight"));
    assertThat(after.get("bn1.running_mean")).isNotEqualTo(before.get("bn1.running_mean"));
  }

  @Tag("slow")
  @Test
  void goesOnBitForBitWithWhatItBeganWith() throws IOException {
    Path model = imported("model", true);
    Path run = folder.resolve("run");
    String[] options = {"--steps=4", "--freezeBackbone=1"};
    assertThat(train(model, run, options).err()).isEmpty();
    Map<String, float[]> straight = values(run);
    assertThat(straight.get("conv1.weight")).isNotEqualTo(values(model).get("conv1.weight"));
    // The state after a stop after the second step.
    for (String step : List.of("step-3", "step-4", "step-00000003", "step-00000004")) {
      delete(run.resolve("checkpoints").resolve(step));
    }
    Outcome resumed = train(model, run, options);
    assertThat(resumed.out()).contains("resuming after step 2 of 4");
    assertThat(values(run)).containsExactlyEntriesOf(straight);

    assertThat(train(imported("other", true, "--head=0", "--temperature=0.2"), run, options).err())
        .contains("already holds another run (init.model: ");
    assertThat(train(model, folder.resolve("r2"), "--steps=1", "--backbone=resnet34").err())
        .contains("give --backbone=resnet18-small-stem --width=4");
    assertThat(folder.resolve("r2/config.json")).doesNotExist();
  }

  private static void delete(Path path) throws IOException {
    if (Files.exists(path)) {
      try (Stream<Path> all = Files.walk(path)) {
        for (Path file : all.sorted((a, b) -> b.compareTo(a)).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  /** Runs a command in a separate process with limited memory, and logs the loaded classes. */
  private Outcome process(String memory, String... arguments) throws Exception {
    Path classes = folder.resolve("classes-" + System.nanoTime());
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + memory,
                "-Xlog:class+load:file=%s::filesize=0".formatted(classes),
                "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
                "-Dorg.bytedeco.javacpp.maxbytes=0",
                "-cp",
                Commands.classPath(),
                Swav.class.getName()));
    line.addAll(List.of(arguments));
    Path log = folder.resolve("log-" + System.nanoTime());
    ProcessBuilder builder =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("TF_CPP_MIN_LOG_LEVEL", "3");
    int exit = builder.start().waitFor();
    return new Outcome(exit, Files.readString(log), Files.readString(classes));
  }

  /** Returns invalid files: written here, and those of others if they are available. */
  private List<Path> badFiles() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Layout layout : Layout.values()) {
      byte[] whole = Files.readAllBytes(weights(folder.resolve("whole-" + layout), layout, true));
      files.add(
          Files.write(folder.resolve("cut-" + layout), Arrays.copyOf(whole, whole.length * 2 / 3)));
    }
    files.add(
        Files.write(
            folder.resolve("code"),
            new Pickle()
                .op(0x80, 2)
                .global("os", "system")
                .text("touch " + folder.resolve("was-run"))
                .op(0x85, 'R', '.')
                .bytes()));
    files.add(Files.writeString(folder.resolve("text"), "no weights at all"));
    files.add(
        Files.write(
            folder.resolve("header"),
            "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f{}"
                .getBytes(StandardCharsets.ISO_8859_1)));
    Path given = Path.of(System.getProperty("weights.dir", "")).toAbsolutePath();
    if (Files.isDirectory(given)) {
      try (Stream<Path> all = Files.list(given)) {
        all.filter(file -> file.getFileName().toString().startsWith("bad_")).forEach(files::add);
      }
    } else {
      System.out.println("SKIPPED: no bad weights of others at " + given + " (-Dweights.dir=...)");
    }
    return files;
  }

  @Test
  void badFilesEndInOneLineBeforeAnythingIsDone() throws Exception {
    Path output = folder.resolve("none");
    for (Path file : badFiles()) {
      Outcome outcome = Commands.swav("import", "--weights=" + file, "--output=" + output);
      assertThat(outcome.exitCode()).as("%s: %s", file, outcome.err()).isEqualTo(1);
      assertThat(outcome.err())
          .startsWith("swav: %s cannot be imported: ".formatted(file))
          .hasLineCount(1);
      assertThat(output).doesNotExist();
    }
    assertThat(folder.resolve("was-run")).doesNotExist();
  }

  /** The error is in the last shape. No native code is loaded before it is found. */
  @ParameterizedTest
  @EnumSource(Layout.class)
  void aBadFileNeedsNoTensorFlowAndLittleMemory(Layout layout) throws Exception {
    Map<String, List<Long>> shapes = new LinkedHashMap<>(ResNetKind.RESNET18.shapes(4, true));
    shapes.put("prototypes.weight", List.of(5L, 31L));
    Path file =
        TorchFiles.write(
            layout, folder.resolve("bad"), shapes, name -> numbers(name, shapes.get(name)));
    Outcome outcome =
        process("256m", "import", "--weights=" + file, "--output=" + folder.resolve("none"));
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.out())
        .isEqualTo(
            ("swav: %s cannot be imported: prototypes.weight has the shape [5, 31], but a"
                    + " resnet18-small-stem needs [5, 32]%n")
                .formatted(file));
    assertThat(outcome.err())
        .as("classes")
        .contains("io.swavbeam.model.weights.PretrainedNetwork")
        .doesNotContain(" org.tensorflow.", " org.bytedeco.");
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  @Tag("slow")
  void mutantsAreModelsOrEndInOneLine(Layout layout) throws IOException {
    byte[] good = Files.readAllBytes(weights(folder.resolve("good"), layout, true));
    Random random = new Random(layout.name().hashCode());
    for (int i = 0; i < 20; i++) {
      byte[] mutant = good.clone();
      int end = i % 2 == 0 ? 8_000 : good.length;
      for (int j = 0; j < 3; j++) {
        mutant[random.nextInt(end)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
      }
      Path file = Files.write(folder.resolve("mutant-" + i), mutant);
      Path output = folder.resolve("model-" + i);
      Outcome outcome = Commands.swav("import", "--weights=" + file, "--output=" + output);
      if (outcome.exitCode() == 0) {
        assertThat(outcome.err()).isEmpty();
        assertThat(Embedder.describe(output).id()).startsWith("imported-");
      } else {
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err()).startsWith("swav: " + file).hasLineCount(1);
        assertThat(output).doesNotExist();
      }
    }
  }

  private static Map<String, List<Long>> published(long width, long hidden) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    ResNetKind.RESNET50
        .shapes(width, false)
        .forEach((name, shape) -> shapes.put("module." + name, shape));
    long features = ResNetKind.RESNET50.featureDim(width);
    shapes.put("module.projection_head.0.weight", List.of(hidden, features));
    shapes.put("module.projection_head.0.bias", List.of(hidden));
    for (String part : List.of("weight", "bias", "running_mean", "running_var")) {
      shapes.put("module.projection_head.1." + part, List.of(hidden));
    }
    shapes.put("module.projection_head.3.weight", List.of(128L, hidden));
    shapes.put("module.projection_head.3.bias", List.of(128L));
    shapes.put("module.prototypes.weight", List.of(3000L, 128L));
    return shapes;
  }

  @Test
  @Tag("slow")
  void aFileOfThePublishedSizeNeedsLittleMemory() throws Exception {
    Map<String, List<Long>> shapes = published(64, 2048);
    Path file =
        TorchFiles.write(
            Layout.LEGACY,
            folder.resolve("published.pth.tar"),
            shapes,
            name -> numbers(name, shapes.get(name)));
    assertThat(Files.size(file)).isBetween(110_000_000L, 120_000_000L);
    Path model = folder.resolve("model");
    process("512m", "import", "--weights=" + file, "--output=" + model).succeeded();
    Map<String, float[]> values = values(model);
    assertThat(values.get("prototypes.weight"))
        .isEqualTo(numbers("module.prototypes.weight", shapes.get("module.prototypes.weight")));
    assertThat(values.get("layer4.2.bn3.running_var"))
        .isEqualTo(numbers("module.layer4.2.bn3.running_var", List.of(2048L)));
  }

  /** Four times as wide: 1.8 GB of zeros, which are a hole in the file. */
  @Test
  @Tag("slow")
  void aFileFourTimesAsWideNeedsNoMoreThanItsLargestTensor() throws Exception {
    Path file =
        TorchFiles.write(
            Layout.LEGACY, folder.resolve("w4.pth.tar"), published(256, 8192), name -> null);
    assertThat(Files.size(file)).isGreaterThan(1_500_000_000L);
    Path model = folder.resolve("model");
    process("1g", "import", "--weights=" + file, "--output=" + model).succeeded();
    assertThat(Embedder.describe(model).network().width()).isEqualTo(256);
  }
}
