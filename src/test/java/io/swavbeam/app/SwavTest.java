package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.app.demo.DemoArchive;
import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.model.testing.TinyRecipe;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.tensorflow.types.TFloat32;

/** The command, as its users call it. */
class SwavTest {
  @TempDir private Path folder;
  private Path photos;
  private Path recipe;

  @BeforeEach
  void write() throws IOException {
    photos = TestPhotos.catsAndDogs(folder);
    recipe = TestPhotos.recipe(folder);
  }

  @Test
  void trainsEmbedsAndEvaluates() throws Exception {
    // Damaged files are skipped, and no others.
    byte[] whole = TestImages.jpeg(1, 24, 24);
    Files.write(photos.resolve("cat/cut.jpg"), Arrays.copyOf(whole, whole.length / 2));
    Files.write(photos.resolve("cat/empty.jpg"), new byte[0]);
    Files.writeString(photos.resolve("dog/text.jpg"), "this is text");
    Files.writeString(photos.resolve("notes.txt"), "ignored");

    Outcome train = train("run", "--steps=12").succeededQuietly();
    assertThat(train.out())
        .contains(
            "42 images in 44 files", "1 other files: txt 1", "step 12/12", "trained 12 steps");

    Outcome embed =
        Commands.swav(
                "embed",
                "--model=" + path("run"),
                "--input=" + photos,
                "--output=" + path("embeddings"))
            .succeededQuietly();
    assertThat(embed.out())
        .contains("44 entries: 40 embeddings, 3 dead letters, 1 other files: txt 1")
        .contains("embedded 40 images");
    // One was empty in the listing, two could not be decoded.
    try (Stream<Path> files = Files.list(folder.resolve("embeddings/_swav/dead-letters"))) {
      List<String> letters = new ArrayList<>();
      for (Path file : files.toList()) {
        letters.addAll(Files.readAllLines(file));
      }
      assertThat(letters).hasSize(3);
    }

    Outcome evaluate =
        Commands.swav(
                "evaluate",
                "--train=" + path("embeddings"),
                "--holdOut=0.3",
                "--neighbours=3",
                "--output=" + path("metrics.json"))
            .succeeded();
    assertThat(evaluate.out()).contains("3-NN accuracy", "linear probe accuracy", "purity");
    JsonNode metrics = new ObjectMapper().readTree(folder.resolve("metrics.json").toFile());
    assertThat(metrics.get("judged").asInt()).isEqualTo(40);
    assertThat(metrics.at("/classification/knn/0/accuracy").asDouble()).isBetween(0.0, 1.0);

    Outcome search = swavOn("search", "--query=" + photos.resolve("dog/03.jpg"), "--top=3");
    assertThat(search.err()).isEmpty();
    assertThat(search.out().lines().toList()).hasSize(5).first().isEqualTo("03.jpg");
    // All dogs are the same picture.
    assertThat(search.out().lines().skip(1).limit(3))
        .allMatch(line -> line.matches("  (1\\.0000|0\\.9\\d+)  dog/\\d\\d.jpg  \\(dog\\)  .*"));
    // With an index, and as a picture: the query, then three similar dogs.
    Outcome indexed =
        swavOn(
            "search",
            "--query=" + photos.resolve("dog/03.jpg"),
            "--top=3",
            "--index=" + path("index"),
            "--output=" + path("neighbours.png"));
    assertThat(indexed.err()).isEmpty();
    assertThat(indexed.out().lines().skip(1).limit(3)).allMatch(line -> line.contains("(dog)"));
    assertThat(indexed.out()).contains("the neighbours are drawn in").doesNotContain("not drawn");
    BufferedImage sheet = ImageIO.read(folder.resolve("neighbours.png").toFile());
    for (int x : new int[] {4, 116, 216, 316}) {
      assertThat(sheet.getRGB(x + 48, 52)).as("at %d", x).isNotEqualTo(0xFFFFFFFF);
    }
    assertThat(sheet.getWidth()).isEqualTo(416);
    swavOn("search", "--query=" + photos.resolve("dog/text.jpg"))
        .refused("--query holds no image that can be read");

    // The same command again has nothing to do. A different one is refused.
    assertThat(train("run", "--steps=12").out()).contains("resuming after step 12 of 12");
    train("run", "--steps=13").refused("already holds another run (steps: 12 -> 13)");
    List<String> embedAgain =
        List.of(
            "embed",
            "--model=" + path("run"),
            "--input=" + photos,
            "--output=" + path("embeddings"));
    assertThat(Commands.swav(embedAgain).out())
        .contains(
            "44 entries: 40 embeddings (40 of them from earlier runs), 3 dead letters",
            "nothing to do");
    List<String> afresh = new ArrayList<>(embedAgain);
    afresh.add("--resume=false");
    Commands.swav(afresh)
        .refused("already holds embeddings: choose another --output, or leave out --resume=false");
    assertThat(train("other", "--steps=3").err()).isEmpty();
    List<String> ofAnother = new ArrayList<>(embedAgain);
    ofAnother.set(1, "--model=" + path("other"));
    Commands.swav(ofAnother).refused("already holds embeddings of model");

    // The model in bfloat16 has another id, so its rows must not be mixed with others.
    List<String> inBfloat16 = new ArrayList<>(embedAgain);
    inBfloat16.add("--precision=bfloat16");
    Commands.swav(inBfloat16).refused("already holds embeddings of model");
    inBfloat16.set(3, "--output=" + path("bfloat16"));
    assertThat(Commands.swav(inBfloat16).out())
        .containsPattern("step-12-[0-9a-f]{12}-bfloat16")
        .contains("embedded 40 images");
    assertThat(
            Commands.swav("evaluate", "--train=" + path("bfloat16"), "--run=" + path("run")).out())
        .containsPattern("step-12-[0-9a-f]{12}-bfloat16");
    Outcome found =
        Commands.swav(
            "search",
            "--model=" + path("run"),
            "--embeddings=" + path("bfloat16"),
            "--query=" + photos.resolve("dog/03.jpg"),
            "--top=1");
    assertThat(found.err()).isEmpty();
    assertThat(found.out()).contains("  1.0000  dog/03.jpg");

    // A model that an earlier version has exported.
    Path description = folder.resolve("other/saved_model/swav.json");
    Files.writeString(
        description, Files.readString(description).replaceAll(",\\s*\"prototypes\" : \\d+", ""));
    Commands.swav(ofAnother)
        .refused(
            "swav.json: key 'prototypes' is missing: export the model again with `swav export`");
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/usage-errors.csv", delimiter = '|', quoteCharacter = '\'')
  void saysInOneLineWhatIsWrong(String arguments, int exitCode, String message) throws Exception {
    Files.createDirectories(folder.resolve("empty"));
    Path file = Files.writeString(folder.resolve("file"), "");
    String[] parts =
        arguments
            .replace("PHOTOS", photos.toString())
            .replace("NONE", path("none"))
            .replace("EMPTY", path("empty"))
            .replace("OUT", path("out"))
            .replace("FILE", file.toString())
            .split(" ");
    Outcome outcome = Commands.swav(parts);
    assertThat(outcome.err()).startsWith("swav: ").contains(message).hasLineCount(1);
    assertThat(outcome.exitCode()).isEqualTo(exitCode);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void saysItsVersion() {
    for (String argument : List.of("--version", "version")) {
      assertThat(Commands.swav(argument).out()).matches("swav \\d+\\.\\d+\\.\\d+(-\\w+)?\\R");
    }
  }

  /** Shells do not replace a tilde after an equals sign. */
  @Test
  void aTildeIsTheHomeFolder() {
    String home = System.getenv("HOME");
    assertThat(Commands.swav("train", "--input=~/no-such-file", "--output=" + path("out")).err())
        .contains("%s/no-such-file does not exist".formatted(home));
    assertThat(
            Commands.swav(
                    "train", "--input=" + photos + ",~/no-such-file", "--output=" + path("out"))
                .err())
        .contains("%s/no-such-file does not exist".formatted(home));
  }

  /** Commands create no output for an input that does not exist. */
  @Test
  void leavesNoFolderForAnInputThatIsNotThere() throws Exception {
    train("model", "--steps=1").succeeded();
    for (String command : List.of("embed --model=" + path("model"), "train")) {
      List<String> line = new ArrayList<>(List.of(command.split(" ", -1)));
      line.addAll(List.of("--input=" + path("none"), "--output=" + path("out")));
      Commands.swav(line).refused("/none does not exist");
      assertThat(folder.resolve("out")).doesNotExist();
      line.set(line.size() - 2, "--input=" + path("none") + "/*.jpg");
      assertThat(Commands.swav(line).exitCode()).isEqualTo(1);
      assertThat(folder.resolve("out")).doesNotExist();
    }
    Commands.swav("report", "--embeddings=" + path("none"), "--output=" + path("out/x.html"))
        .refused("holds no embeddings");
    for (String format : List.of("safetensors", "onnx")) {
      Commands.swav(
              "export",
              "--run=" + path("none"),
              "--format=" + format,
              "--output=" + path("out/x." + format))
          .refused("none");
    }
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Tag("slow")
  @Test
  void keepsWhatIsGoodOfATarThatEndsInTheMiddle() throws Exception {
    Path cut = folder.resolve("cut.tar");
    DemoArchive.write(cut, DemoArchive.IMAGES);
    byte[] tar = Files.readAllBytes(cut);
    Files.write(cut, Arrays.copyOf(tar, tar.length / 2));
    Outcome train =
        Commands.swav(
                "train",
                "--input=" + cut,
                "--output=" + path("run"),
                "--preset=" + recipe,
                "--steps=3")
            .succeededQuietly();
    assertThat(train.out()).contains("1 files or entries cannot be used", "cut off in the middle");
    assertThat(folder.resolve("run/dead-letters/archives.jsonl")).isNotEmptyFile();
  }

  @Tag("slow")
  @Test
  void runsTheEverydayCommandsForTheArchiveOfClasses() {
    Commands.swav("archive-classes").succeededQuietly();
  }

  /** Nearly uniform codes teach nothing. The command warns about it in time. */
  @Tag("slow")
  @Test
  void namesACollapse() throws Exception {
    Outcome collapsed =
        train("collapsed", "--steps=100", "--epsilon=20", "--learningRate=0.01", "--seed=2")
            .succeeded();
    assertThat(collapsed.out())
        .containsPattern("warning at step \\d+: the features have collapsed: for 50 steps")
        .contains("try a smaller epsilon (0.03)");
    assertThat(Files.readString(folder.resolve("collapsed/metrics.jsonl")))
        .contains("\"warning\":\"the features have collapsed");
    assertThat(train("healthy", "--steps=100", "--seed=2").out()).doesNotContain("collapsed");
  }

  @Test
  void refusesWhatIsNoNumberAndKeepsTheLastGoodCheckpoint() throws Exception {
    train("run", "--steps=60", "--learningRate=1e30", "--warmupSteps=20", "--checkpointEvery=1")
        .refused("to begin it with the last good checkpoint");
    Outcome export = Commands.swav("export", "--run=" + path("run"));
    assertThat(export.err()).isEmpty();
    assertThat(export.out())
        .containsPattern("model swav-[0-9a-f]{12}-step-\\d+-[0-9a-f]{12} is in");
  }

  /** Finite weights with results that are not finite. */
  @Tag("slow")
  @Test
  void embeddingsThatAreNotFiniteAreDeadLetters() throws Exception {
    Path model = Files.createDirectories(folder.resolve("model"));
    ModelDescription description =
        new ModelDescription(
            "swav-0123456789ab-step-7",
            TinyRecipe.RECIPE.evaluation(),
            0.1,
            TinyRecipe.RECIPE.network().prototypes(),
            DecodingConfig.DEFAULT,
            TinyRecipe.RECIPE.network(),
            null);
    SavedNetwork.export(
        (session, parameters) ->
            parameters
                .all()
                .forEach(
                    (name, variable) -> {
                      try (TFloat32 huge =
                          TFloat32.tensorOf(
                              variable.shape(),
                              data -> data.scalars().forEach(one -> one.setFloat(1e30f)))) {
                        parameters.set(session, Map.of(name, huge));
                      }
                    }),
        description,
        model);
    Outcome outcome =
        Commands.swav("embed", "--model=" + model, "--input=" + photos, "--output=" + path("rows"));
    assertThat(outcome.out())
        .contains("0 embeddings, 40 dead letters")
        .contains("40 of them have embeddings that are not finite");
    outcome.refused("holds no image that can be embedded");
  }

  @Test
  void keepsTheCheckpointsThatItIsToldToKeep() throws Exception {
    train("run", "--steps=7", "--checkpointEvery=1", "--keepCheckpoints=2", "--keepEvery=3")
        .succeeded();
    try (Stream<Path> kept = Files.list(folder.resolve("run/checkpoints"))) {
      assertThat(kept.map(step -> step.getFileName().toString()))
          .containsExactlyInAnyOrder("step-3", "step-6", "step-7");
    }
    try (Stream<Path> files = Files.list(folder.resolve("run"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .anyMatch(name -> name.startsWith("events.out.tfevents."));
    }
    train("run", "--steps=7", "--resume=false").refused("already holds a run");
    train("run", "--steps=7", "--epsilon=0.03")
        .refused("already holds another run (recipe.loss.epsilon: 0.05 -> 0.03)");
  }

  @Test
  void showsTheCropsOfARecipe() throws Exception {
    Files.writeString(photos.resolve("cat/00.jpg"), "this is no image");
    List<BufferedImage> sheets = new ArrayList<>();
    for (String seed : List.of("1", "1", "2")) {
      Path png = folder.resolve("crops" + sheets.size() + ".png");
      Outcome outcome =
          Commands.swav(
              "crops",
              "--input=" + photos,
              "--preset=" + recipe,
              "--images=3",
              "--seed=" + seed,
              "--output=" + png);
      assertThat(outcome.err()).isEmpty();
      assertThat(outcome.out())
          .contains("left out cat/00.jpg", "the crops of 3 images are in " + png);
      sheets.add(ImageIO.read(png.toFile()));
    }
    // 2 crops of 12 pixels and 2 of 8, with gaps of 2.
    assertThat(sheets.get(0).getWidth()).isEqualTo(2 * 14 + 2 * 10 + 2);
    assertThat(sheets.get(0).getHeight()).isEqualTo(3 * 14 + 2);
    assertThat(pixels(sheets.get(1))).isEqualTo(pixels(sheets.get(0)));
    assertThat(pixels(sheets.get(2))).isNotEqualTo(pixels(sheets.get(0)));
  }

  private Outcome swavOn(String command, String... more) {
    return Commands.swav(
        List.of(command, "--model=" + path("run"), "--embeddings=" + path("embeddings")), more);
  }

  private static int[] pixels(BufferedImage picture) {
    return picture.getRGB(
        0, 0, picture.getWidth(), picture.getHeight(), null, 0, picture.getWidth());
  }

  private Outcome train(String run, String... more) {
    return Commands.swav(
        List.of("train", "--input=" + photos, "--output=" + path(run), "--preset=" + recipe), more);
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
