package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.app.demo.DemoArchive;
import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.model.config.ConfigJson;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.types.TFloat32;

/** The command, as its users call it. */
class SwavTest {
  @TempDir private Path folder;
  private Path photos;
  private Path recipe;

  @BeforeEach
  void write() throws IOException {
    photos = TestPhotos.catsAndDogs(folder);
    recipe = Files.writeString(folder.resolve("tiny.json"), ConfigJson.write(TinyRecipe.RECIPE));
  }

  @Test
  void trainsEmbedsAndEvaluates() throws Exception {
    // Damaged files between the good ones are left out, and nothing else.
    byte[] whole = TestImages.jpeg(1, 24, 24);
    Files.write(photos.resolve("cat/cut.jpg"), Arrays.copyOf(whole, whole.length / 2));
    Files.write(photos.resolve("cat/empty.jpg"), new byte[0]);
    Files.writeString(photos.resolve("dog/text.jpg"), "this is text");
    Files.writeString(photos.resolve("notes.txt"), "ignored");

    Outcome train = train("run", "--steps=12");
    assertThat(train.err()).isEmpty();
    assertThat(train.exitCode()).isZero();
    assertThat(train.out())
        .contains(
            "42 images in 44 files",
            "1 files beside them: txt 1",
            "step 12/12",
            "trained 12 steps");

    Outcome embed =
        Commands.swav(
            "embed",
            "--model=" + path("run"),
            "--input=" + photos,
            "--output=" + path("embeddings"));
    assertThat(embed.err()).isEmpty();
    assertThat(embed.exitCode()).isZero();
    assertThat(embed.out())
        .contains("44 entries: 40 embeddings, 3 dead letters, 1 beside them: txt 1")
        .contains("embedded 40 images");
    // One was found empty when it was listed, two when they were decoded.
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
            "--output=" + path("metrics.json"));
    assertThat(evaluate.exitCode()).isZero();
    assertThat(evaluate.out()).contains("3-NN accuracy", "linear probe accuracy", "purity");
    JsonNode metrics = new ObjectMapper().readTree(folder.resolve("metrics.json").toFile());
    assertThat(metrics.get("judged").asInt()).isEqualTo(40);
    assertThat(metrics.at("/classification/knn/0/accuracy").asDouble()).isBetween(0.0, 1.0);

    Outcome search = swavOn("search", "--query=" + photos.resolve("dog/03.jpg"), "--top=3");
    assertThat(search.err()).isEmpty();
    assertThat(search.out().lines().toList()).hasSize(5).first().isEqualTo("03.jpg");
    // All dogs are one picture.
    assertThat(search.out().lines().skip(1).limit(3))
        .allMatch(line -> line.matches("  (1\\.0000|0\\.9\\d+)  dog/\\d\\d.jpg  \\(dog\\)  .*"));
    // By an index, and as a picture: the query, then three dogs that look like it.
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
    assertOneLine(
        swavOn("search", "--query=" + photos.resolve("dog/text.jpg")),
        1,
        "--query holds no image that can be read");

    // The same command again has nothing to do; another one does not fit.
    assertThat(train("run", "--steps=12").out()).contains("resuming after step 12 of 12");
    assertOneLine(train("run", "--steps=13"), 1, "already holds another run (steps: 12 -> 13)");
    List<String> embedAgain =
        List.of(
            "embed",
            "--model=" + path("run"),
            "--input=" + photos,
            "--output=" + path("embeddings"));
    assertThat(Commands.swav(embedAgain.toArray(String[]::new)).out())
        .contains(
            "44 entries: 40 embeddings (40 of them from before), 3 dead letters", "nothing to do");
    List<String> afresh = new ArrayList<>(embedAgain);
    afresh.add("--resume=false");
    assertOneLine(
        Commands.swav(afresh.toArray(String[]::new)),
        1,
        "already holds embeddings: choose another --output, or leave out --resume=false");
    assertThat(train("other", "--steps=3").err()).isEmpty();
    List<String> ofAnother = new ArrayList<>(embedAgain);
    ofAnother.set(1, "--model=" + path("other"));
    assertOneLine(
        Commands.swav(ofAnother.toArray(String[]::new)), 1, "already holds embeddings of model");

    // In bfloat16 the model is another one: not to be mixed, but of the same run.
    List<String> inBfloat16 = new ArrayList<>(embedAgain);
    inBfloat16.add("--precision=bfloat16");
    assertOneLine(
        Commands.swav(inBfloat16.toArray(String[]::new)), 1, "already holds embeddings of model");
    inBfloat16.set(3, "--output=" + path("bfloat16"));
    assertThat(Commands.swav(inBfloat16.toArray(String[]::new)).out())
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
    assertOneLine(
        Commands.swav(ofAnother.toArray(String[]::new)),
        1,
        "swav.json: key 'prototypes' is missing: export the model again with `swav export`");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train --output=OUT|2|--input is missing",
        "train --input=PHOTOS|2|--output is missing",
        "train --input=PHOTOS --outptu=OUT|2|unknown option --outptu: did you mean --output?",
        "train --input=PHOTOS --output=OUT --xyzzy=1|2|unknown option --xyzzy",
        "embed --input=PHOTOS --output=OUT --runer=FlinkRunner|2|unknown option --runer: did you mean --runner?",
        "embed --INPUT=PHOTOS|2|unknown option --INPUT: did you mean --input?",
        "embed --=PHOTOS|2|is no option: options look like --input=photos.tar",
        "embed --|2|is no option: options look like --input=photos.tar",
        "embed --input=PHOTOS --output=OUT --awsRegoin=x|2|unknown option --awsRegoin: did you mean --awsRegion?",
        "train --input=PHOTOS --output=OUT --preset=cifar|2|unknown preset 'cifar': take one of",
        "embed --input=PHOTOS --model=OUT --output=OUT --label=csv|2|--label: unknown label 'csv': take cls, txt or json:field",
        "train --input=PHOTOS --output=OUT --decode=half|2|unknown --decode=half: take scaled or full",
        "train --input=PHOTOS --output=OUT --microBatches=some|2|--microBatches=some: take a number or auto",
        "train --input=PHOTOS --output=OUT --batchSize=-1|2|batchSize must be at least 2, not -1",
        "train --input=PHOTOS --output=OUT --epsilon=0|2|--epsilon must be positive, not 0.0",
        "train --input=PHOTOS --output=OUT --algorithm=sgd|2|must be one of [\"adam\",\"adamw\",\"larc\"], not 'sgd'",
        "train --input=PHOTOS --output=OUT --learningRate=Infinity|2|--learningRate must be finite, not Infinity",
        "train --input=PHOTOS --output=OUT --preset=cifar10 --temperature=NaN|2|--temperature must be ",
        "train --input=PHOTOS --output=OUT --std=1,Infinity,1|2|--std must be finite",
        "train --input=PHOTOS --output=OUT --cropsForAssign=0,0|2|--cropsForAssign must name each crop once",
        "train --input=PHOTOS --output=OUT --tensorflowThreads=100000|2|--tensorflowThreads=100000: must be from 0 to 4,096",
        "train --input=PHOTOS --output=OUT --targetParallelism=100000|2|--targetParallelism=100000: must be from 0 to",
        "train --input=PHOTOS --output=OUT --batchSize=99999999999|2|--batchSize must be a whole number of at most 2147483647, not 99999999999",
        "train --input=PHOTOS --output=OUT --seed=one|2|--seed=one: must be a whole number",
        "train --input=PHOTOS --output=OUT --preset=cifar10 --resize=0|2|--resize: evaluation.imageSize must be in [8, resize]",
        "train --input=PHOTOS --output=OUT --keepEvery=-1|2|--keepEvery must be at least 0, not -1",
        "train --input=PHOTOS --output=OUT --crops=2x4:0.1-1|2|--crops: crops.size must be at least 8, not 4",
        "train --input=PHOTOS --output=OUT --crops=2x224|2|crops look like 2x224:0.14-1",
        "train --input=PHOTOS --output=OUT --backbone=vgg|2|unknown network.backbone 'vgg'",
        "train --input=PHOTOS --output=OUT --preset=cifar10 --queueLength=100|2|must be a multiple of the batch size 256",
        "train --input=PHOTOS --output=OUT --queueLength=100|2|--queueLength must be a multiple of the batch size",
        "train --input=PHOTOS --output=OUT --precision=int8|2|take auto, float32, bfloat16, float16",
        "train --input=PHOTOS --output=OUT --precision=float16|2|float16 needs a GPU",
        "train --input=PHOTOS --output=OUT --device=tpu|2|take auto, cpu, gpu:0",
        "train --input=PHOTOS --output=OUT --device=gpu:0|1|--device=gpu:0 cannot be used: this",
        "export --run=NONE|1|is no training run",
        "export --run=NONE --format=onnx|2|--output is missing",
        "export --run=NONE --format=onnx --output=OUT|1|holds no trained model",
        "export --run=NONE --format=keras --output=OUT|2|unknown --format=keras: take saved_model,",
        "import --output=OUT|2|--weights is missing",
        "import --weights=NONE --output=OUT|1|none is no file",
        "import --weights=FILE --output=EMPTY|1|empty exists already: choose another folder",
        "import --weights=FILE --output=OUT|1|cannot be imported: it ",
        "import --weights=FILE --output=OUT --prototypes=3|2|--prototypes and --input belong together",
        "import --weights=FILE --output=OUT --mean=1,2|2|--mean wants three numbers",
        "train --input=PHOTOS --output=OUT --freezeBackbone=3|2|--freezeBackbone wants --init",
        "train --input=PHOTOS --output=OUT --init=NONE|1|holds no trained model",
        "train --input=PHOTOS --trainer=localhost:1 --init=NONE|2|the network is the trainer's",
        "train --input=PHOTOS --output=OUT --projectionDim=0|2|projectionDim must be at least 1, not 0",
        "train --input=PHOTOS --output=OUT --runner=FlinkRunner --flinkMaster=host:8081|2|give --trainer=host:port instead of --output",
        "train --input=PHOTOS --output=OUT --trainer=localhost:1|2|the run directory is the trainer's: leave out --output",
        "train --input=PHOTOS --trainer=localhost:1 --preset=cifar10 --trainerPatience=1|1|there is no trainer at localhost:1",
        "train --input=PHOTOS --trainer=localhost|2|--trainer: a trainer is at host:port, not at 'localhost'",
        "train --input=PHOTOS --trainer=http://localhost:7070|2|--trainer: a trainer is at host:port",
        "train --input=PHOTOS --trainer=localhost:99999|2|--trainer: a trainer is at host:port",
        "train --input=PHOTOS --trainer=localhost:1 --window=9|2|are the trainer's: give them to `swav trainer`",
        "train --input=PHOTOS --trainer=localhost:1 --device=gpu:7|2|are the trainer's: give them to `swav trainer`",
        "train --input=PHOTOS --trainer=localhost:1 --resume=false|2|start `swav trainer` with another --run",
        "trainer --port=0|2|--run is missing",
        "trainer --run=OUT --host=0.0.0.0|1|which other machines reach, needs a token",
        "trainer --run=OUT --tokenFile=NONE|1|none cannot be read",
        "benchmark --presets=photos --batchSize=8|2|--presets takes recipes as they are: leave out the options",
        "cluster|2|say `swav cluster start` or `swav cluster stop`",
        "embed --model=NONE --kafka=localhost:1 --output=OUT|2|--topic is missing",
        "train --input=PHOTOS --output=OUT --steps=0|2|--steps must be at least 1, not 0",
        "train --input=PHOTOS --output=OUT --steps=1 --epochs=1|2|give --steps or --epochs, not both",
        "train --input=NONE --output=OUT|1|/none does not exist",
        "train --input=EMPTY --output=OUT|1|/empty is an empty folder",
        "train --input=PHOTOS --output=FILE|1|cannot be written",
        "train --input=PHOTOS --output=PHOTOS|1|holds something that is no training run",
        "train input=PHOTOS|2|is no option",
        "embed --model=NONE --input=PHOTOS --output=OUT|1|holds no trained model",
        "embed --model=NONE --input=PHOTOS --output=OUT --batchSize=1 --batchSize=2|2|--batchSize is given twice",
        "embed --model=NONE --model=NONE --input=PHOTOS --output=OUT|2|--model is given twice",
        "embed --model=NONE --input=PHOTOS --output=OUT --labelsColumns=a|2|--labelsColumns wants two",
        "embed --model=NONE --input=PHOTOS --output=OUT --labelsColumns=a,b|2|--labelsColumns belongs to --labels",
        "embed --input=PHOTOS --output=OUT|2|--model is missing",
        "embed --model=NONE --input=PHOTOS --output=OUT --precision=float16|2|take float32 or bfloat16",
        "evaluate --train=NONE|1|holds no embeddings",
        "evaluate --train=NONE --output=EMPTY|2|is a folder: give a file",
        "evaluate --train=NONE --neighbours=0|2|--neighbours must be at least 1, not 0",
        "evaluate --train=NONE --neighbours=many|2|many",
        "report --run=NONE|2|--embeddings is missing",
        "report --embeddings=NONE --output=OUT|1|holds no embeddings",
        "search --model=NONE --embeddings=NONE --query=PHOTOS|1|holds no trained model",
        "evaluate --train=NONE --holdOut=2|2|--holdOut must be between 0 and 1",
        "benchmark --steps=9|2|--steps must be at least 10, not 9",
        "benchmark --cpu=avx2|2|--cpu needs --presets",
        "benchmark --presets=photos --cpu=sse|2|unknown --cpu=sse: take native or avx2",
        "benchmark --presets=photos,photo|2|--presets: unknown preset 'photo'",
        "benchmark --presets=all --preset=photos|2|leave --preset, --input and --steps out",
        "benchmark --presets=all --device=gpu:0|2|leave --device out",
        "benchmark --presets=all --steps=20|2|leave --preset, --input and --steps out",
        "trian|2|unknown command 'trian': there are demo, train, trainer, import, export, embed, evaluate, report, search, crops, benchmark, cluster"
      })
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
    assertOneLine(Commands.swav(parts), exitCode, message);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void saysItsVersion() {
    for (String argument : List.of("--version", "version")) {
      assertThat(Commands.swav(argument).out()).matches("swav \\d+\\.\\d+\\.\\d+(-\\w+)?\\R");
    }
  }

  /** No shell replaces a tilde behind an equals sign. */
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

  /** Whatever a command is to write, it makes nothing for an input that is not there. */
  @Test
  void leavesNoFolderForAnInputThatIsNotThere() throws Exception {
    assertThat(train("model", "--steps=1").exitCode()).isZero();
    for (String command : List.of("embed --model=" + path("model"), "train")) {
      List<String> line = new ArrayList<>(List.of(command.split(" ", -1)));
      line.addAll(List.of("--input=" + path("none"), "--output=" + path("out")));
      assertOneLine(Commands.swav(line.toArray(String[]::new)), 1, "/none does not exist");
      assertThat(folder.resolve("out")).doesNotExist();
      line.set(line.size() - 2, "--input=" + path("none") + "/*.jpg");
      assertThat(Commands.swav(line.toArray(String[]::new)).exitCode()).isEqualTo(1);
      assertThat(folder.resolve("out")).doesNotExist();
    }
    assertOneLine(
        Commands.swav("report", "--embeddings=" + path("none"), "--output=" + path("out/x.html")),
        1,
        "holds no embeddings");
    for (String format : List.of("safetensors", "onnx")) {
      assertOneLine(
          Commands.swav(
              "export",
              "--run=" + path("none"),
              "--format=" + format,
              "--output=" + path("out/x." + format)),
          1,
          "none");
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
            "--steps=3");
    assertThat(train.err()).isEmpty();
    assertThat(train.exitCode()).isZero();
    assertThat(train.out()).contains("1 files or entries cannot be used", "cut off in the middle");
    assertThat(folder.resolve("run/dead-letters/archives.jsonl")).isNotEmptyFile();
  }

  @Tag("slow")
  @Test
  void runsTheEverydayCommandsForTheArchiveOfClasses() {
    Outcome outcome = Commands.swav("archive-classes");
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.exitCode()).isZero();
  }

  /** Codes that are all but uniform teach nothing, and that is said while there is time. */
  @Tag("slow")
  @Test
  void namesACollapse() throws Exception {
    Outcome collapsed =
        train("collapsed", "--steps=100", "--epsilon=20", "--learningRate=0.01", "--seed=2");
    assertThat(collapsed.exitCode()).isZero();
    assertThat(collapsed.out())
        .containsPattern("warning at step \\d+: the features have collapsed: for 50 steps")
        .contains("try a smaller epsilon (0.03)");
    assertThat(Files.readString(folder.resolve("collapsed/metrics.jsonl")))
        .contains("\"warning\":\"the features have collapsed");
    assertThat(train("healthy", "--steps=100", "--seed=2").out()).doesNotContain("collapsed");
  }

  @Test
  void refusesWhatIsNoNumberAndKeepsTheLastGoodCheckpoint() throws Exception {
    Outcome outcome =
        train(
            "run", "--steps=60", "--learningRate=1e30", "--warmupSteps=20", "--checkpointEvery=1");
    assertOneLine(outcome, 1, "to begin it with the last good checkpoint");
    Outcome export = Commands.swav("export", "--run=" + path("run"));
    assertThat(export.err()).isEmpty();
    assertThat(export.out())
        .containsPattern("model swav-[0-9a-f]{12}-step-\\d+-[0-9a-f]{12} is in");
  }

  /** Weights that are finite and give nothing that is. */
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
    assertOneLine(outcome, 1, "holds no image that can be embedded");
  }

  @Test
  void keepsTheCheckpointsThatItIsToldToKeep() throws Exception {
    assertThat(
            train("run", "--steps=7", "--checkpointEvery=1", "--keepCheckpoints=2", "--keepEvery=3")
                .exitCode())
        .isZero();
    try (Stream<Path> kept = Files.list(folder.resolve("run/checkpoints"))) {
      assertThat(kept.map(step -> step.getFileName().toString()))
          .containsExactlyInAnyOrder("step-3", "step-6", "step-7");
    }
    try (Stream<Path> files = Files.list(folder.resolve("run"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .anyMatch(name -> name.startsWith("events.out.tfevents."));
    }
    assertOneLine(train("run", "--steps=7", "--resume=false"), 1, "already holds a run");
    assertOneLine(
        train("run", "--steps=7", "--epsilon=0.03"),
        1,
        "already holds another run (recipe.loss.epsilon: 0.05 -> 0.03)");
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
    List<String> arguments =
        new ArrayList<>(
            List.of(command, "--model=" + path("run"), "--embeddings=" + path("embeddings")));
    arguments.addAll(List.of(more));
    return Commands.swav(arguments.toArray(String[]::new));
  }

  private static int[] pixels(BufferedImage picture) {
    return picture.getRGB(
        0, 0, picture.getWidth(), picture.getHeight(), null, 0, picture.getWidth());
  }

  private static void assertOneLine(Outcome outcome, int exitCode, String message) {
    assertThat(outcome.err()).startsWith("swav: ").contains(message).hasLineCount(1);
    assertThat(outcome.exitCode()).isEqualTo(exitCode);
  }

  private Outcome train(String run, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("train", "--input=" + photos, "--output=" + path(run), "--preset=" + recipe));
    arguments.addAll(List.of(more));
    return Commands.swav(arguments.toArray(String[]::new));
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
