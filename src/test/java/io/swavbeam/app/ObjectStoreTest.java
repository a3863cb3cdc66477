package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.SwavOptions;
import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.FlinkCluster;
import io.swavbeam.app.testing.ObjectStore;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.app.testing.TrainerProcess;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images, models and embeddings in a bucket give the same results as on disk. */
@Tag("slow")
class ObjectStoreTest {
  private static final String IMAGES = ObjectStore.BUCKET + "/images";
  private static final String MODEL = ObjectStore.BUCKET + "/model";

  @RegisterExtension static final ObjectStore STORE = new ObjectStore();
  @RegisterExtension static final FlinkCluster CLUSTER = new FlinkCluster();

  @TempDir private static Path folder;
  private static Path images;
  private static Path run;

  /** Writes single images, archives of each kind, and a file that is not an image. */
  @BeforeAll
  static void prepare() throws IOException {
    images = folder.resolve("images");
    for (int i = 0; i < 24; i++) {
      Path file = images.resolve("cat/%02d.jpg".formatted(i));
      Files.createDirectories(file.getParent());
      Files.write(file, image(i));
    }
    Files.writeString(images.resolve("cat/broken.jpg"), "no image");
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(Files.newOutputStream(images.resolve("dogs.tar")))) {
      for (int i = 0; i < 24; i++) {
        TarArchiveEntry entry = new TarArchiveEntry("dog/%02d.jpg".formatted(i));
        entry.setSize(image(i).length);
        tar.putArchiveEntry(entry);
        tar.write(image(i));
        tar.closeArchiveEntry();
      }
    }
    try (ZipOutputStream zip =
        new ZipOutputStream(Files.newOutputStream(images.resolve("birds.zip")))) {
      for (int i = 0; i < 24; i++) {
        zip.putNextEntry(new ZipEntry("bird/%02d.jpg".formatted(i)));
        zip.write(image(i));
      }
    }
    run = folder.resolve("run");
    assertThat(train("--input=" + images, "--output=" + run).err()).isEmpty();
    STORE.put(images, IMAGES);
    STORE.put(run.resolve("saved_model"), MODEL);
  }

  private static byte[] image(int number) throws IOException {
    return TestImages.jpeg(number, 24, 24);
  }

  private static Outcome train(String... more) throws IOException {
    return swav(
        "train",
        List.of("--preset=" + TestPhotos.recipe(folder), "--precision=float32", "--steps=9"),
        List.of(more));
  }

  private static Outcome swav(String command, List<String> some, List<String> more) {
    List<String> line = new ArrayList<>(List.of(command));
    line.addAll(some);
    line.addAll(more);
    line.addAll(STORE.options());
    return Commands.swav(line);
  }

  private static Outcome swav(String command, String... arguments) {
    return swav(command, Arrays.asList(arguments), List.of());
  }

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES) // without connections, it would wait forever
  void trainsTheSameModelFromABucket() throws Exception {
    Path other = folder.resolve("other");
    // A single unneeded connection would block this command.
    Outcome training =
        train(
            "--input=" + IMAGES,
            "--output=" + other,
            "--httpClientConfiguration={\"maxConnections\": 4}");
    assertThat(training.err()).isEmpty();
    assertThat(training.out()).contains("73 images in 27 files", "trained 9 steps");
    assertThat(Commands.files(other.resolve("checkpoints/step-9/")))
        .containsAllEntriesOf(variables(run));
  }

  private static Map<String, byte[]> variables(Path ofRun) throws IOException {
    Map<String, byte[]> files = Commands.files(ofRun.resolve("checkpoints/step-9"));
    files.keySet().removeIf(name -> !name.startsWith("variables"));
    assertThat(files).isNotEmpty();
    return files;
  }

  @Test
  void workersOfAClusterTrainFromTheBucket() throws Exception {
    Path log = folder.resolve("trainer.log");
    Path remote = folder.resolve("remote");
    try (TrainerProcess trainer = TrainerProcess.start(log, remote, 0)) {
      Outcome training =
          train(
              "--input=" + IMAGES,
              "--trainer=localhost:" + trainer.port(),
              "--runner=FlinkRunner",
              "--flinkMaster=" + CLUSTER.master(),
              "--parallelism=2",
              "--listings=" + ObjectStore.BUCKET + "/listings");
      assertThat(training.err()).isEmpty();
      assertThat(training.out()).contains("the cluster lists the images into s3://photos/listings");
      // The note of the single files, their listing, and those of two archives.
      assertThat(STORE.below(ObjectStore.BUCKET + "/listings"))
          .hasSize(4)
          .allMatch(name -> name.endsWith(".records"));
      assertThat(Commands.files(remote.resolve("checkpoints/step-9/")))
          .containsAllEntriesOf(variables(run));
    }
  }

  /** A page of the listing of the store has a thousand objects. */
  @Test
  void findsEachFileOfManyPagesAndFoldersInOrder() throws Exception {
    String many = ObjectStore.BUCKET + "/many";
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 1_100; i++) {
      names.add("%04d/%s.jpg".formatted(i < 1_050 ? 0 : i, i % 7 == 0 ? "é+ " + i : "" + i));
    }
    names.add("in front.jpg");
    names.add("0000/a/b/c/d/e/deep.jpg");
    Map<String, byte[]> files = new TreeMap<>();
    names.forEach(name -> files.put(many + "/" + name, new byte[] {1}));
    STORE.put(files);
    InputFiles.Found found = InputFiles.find(List.of(many));
    names.sort(null);
    assertThat(found.deadLetters()).isEmpty();
    assertThat(found.files().stream().map(InputFile::name)).isEqualTo(names);
    assertThat(found.files())
        .allMatch(file -> file.location().uri().equals(many + "/" + file.name()))
        .allMatch(file -> file.length() == 1 && !file.version().isEmpty());
    assertThat(
            InputFiles.find(List.of(many + "/0000/10*.jpg")).files().stream().map(InputFile::name))
        .containsExactlyElementsOf(
            names.stream()
                .filter(name -> name.matches("0000/10.*"))
                .map(name -> name.substring("0000/".length()))
                .toList());
  }

  /** In a folder and in a tar: on disk, on a cluster, and in a bucket. */
  @Test
  void picturesOfEveryFormatAreTheSameEverywhere() throws Exception {
    Path formats = Files.createDirectories(folder.resolve("formats"));
    Map<String, byte[]> pictures = TestImages.formats();
    if (ImageDecoder.readsHeif()) {
      pictures.putAll(TestImages.heif());
    }
    Map<String, byte[]> all = Map.copyOf(pictures);
    pictures.keySet().removeIf(name -> !all.containsKey(name + ".rgb"));
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(Files.newOutputStream(formats.resolve("formats.tar")))) {
      for (Map.Entry<String, byte[]> entry : pictures.entrySet()) {
        Files.write(formats.resolve(entry.getKey()), entry.getValue());
        TarArchiveEntry packed = new TarArchiveEntry(entry.getKey());
        packed.setSize(entry.getValue().length);
        tar.putArchiveEntry(packed);
        tar.write(entry.getValue());
        tar.closeArchiveEntry();
      }
    }
    // HEIC is not supported here.
    Files.writeString(formats.resolve("phone.heic"), "\0\0\0\30ftypheic");
    Path local = folder.resolve("of-formats");
    Outcome onDisk = swav("embed", "--model=" + run, "--input=" + formats, "--output=" + local);
    assertThat(onDisk.err()).isEmpty();
    assertThat(onDisk.out())
        .contains("embedded %d images".formatted(2 * pictures.size()), "1 dead letters");
    Map<String, float[]> expected = rows(Folder.of(local));

    Path onCluster = folder.resolve("of-formats-on-cluster");
    Outcome flink =
        swav(
            "embed",
            "--model=" + run,
            "--input=" + formats,
            "--output=" + onCluster,
            "--runner=FlinkRunner",
            "--flinkMaster=" + CLUSTER.master(),
            "--parallelism=2");
    assertThat(flink.err()).isEmpty();
    assertSame(rows(Folder.of(onCluster)), expected);

    STORE.put(formats, ObjectStore.BUCKET + "/formats");
    String output = ObjectStore.BUCKET + "/of-formats";
    Outcome bucket =
        swav(
            "embed",
            "--model=" + MODEL,
            "--input=" + ObjectStore.BUCKET + "/formats",
            "--output=" + output);
    assertThat(bucket.err()).isEmpty();
    assertSame(rows(Folder.of(output)), expected);
  }

  @Test
  void embedsFromABucketIntoABucket() throws Exception {
    Path local = folder.resolve("embeddings");
    assertThat(swav("embed", "--model=" + run, "--input=" + images, "--output=" + local).err())
        .isEmpty();
    Map<String, float[]> expected = rows(Folder.of(local));
    assertThat(expected).hasSize(72);

    String output = ObjectStore.BUCKET + "/embeddings";
    Outcome embedding = embed(output);
    assertThat(embedding.err()).isEmpty();
    assertThat(embedding.out()).contains("1 dead letters", "embedded 72 images");
    assertSame(rows(Folder.of(output)), expected);
    // Only finished files.
    assertThat(STORE.below(output))
        .hasSizeGreaterThan(1)
        .allMatch(
            name ->
                name.matches(
                    "embeddings-\\w+\\.parquet|_swav/dead-letters/\\w+\\.jsonl"
                        + "|_swav/counts/[\\w-]+/\\w+\\.(listed|done)\\.json"
                        + "|_swav/listings/(files-)?[\\w-]+\\.records|_swav/index/files\\.index"));
    String letters =
        STORE.below(output).stream()
            .filter(name -> name.startsWith("_swav/dead-letters/"))
            .findFirst()
            .orElseThrow();
    assertThat(new String(STORE.get(output + "/" + letters), StandardCharsets.UTF_8))
        .contains("broken.jpg");

    assertThat(embed(output).out()).contains("nothing to do");
    String late = ObjectStore.BUCKET + "/late/00.jpg";
    STORE.put(images.resolve("cat/00.jpg"), late);
    assertThat(
            swav(
                    "embed",
                    "--model=" + MODEL,
                    "--input=" + IMAGES + "," + late,
                    "--output=" + output)
                .out())
        .contains("embedded 1 images");
    assertThat(rows(Folder.of(output))).hasSize(73);

    assertThat(swav("evaluate", "--train=" + output, "--neighbours=3").out())
        .contains("3-NN accuracy");
    Outcome search =
        swav(
            "search",
            "--model=" + MODEL,
            "--embeddings=" + output,
            "--query=" + IMAGES + "/cat/07.jpg",
            "--top=1",
            "--output=" + folder.resolve("found.png"));
    assertThat(search.err()).isEmpty();
    assertThat(search.out()).contains("1.0000  ", "07.jpg").doesNotContain("not drawn");
  }

  /** A bucket has no locks, but files with claims. */
  @Test
  void oneFolderOfABucketTakesTheEmbeddingsOfOneInput() throws Exception {
    String output = ObjectStore.BUCKET + "/claimed";
    Path note =
        Files.writeString(
            folder.resolve("other.json"),
            """
            {
              "work": {"job": "other", "images": "others", "what": "elsewhere", "since": 1},
              "isHeld": true, "machine": "another", "process": "1 1970-01-01T00:00:00Z"
            }
            """);
    STORE.put(note, output + "/_swav/lock/other.json");
    Outcome refused = embed(output);
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err())
        .contains("another job is writing to " + output + " (elsewhere; if that job was killed,")
        .hasLineCount(1);
    Stores.delete(List.of(new Location(output + "/_swav/lock/other.json")));
    assertThat(embed(output).err()).isEmpty();
    assertThat(new Folder(output).metadata().folder("lock").files("")).isEmpty();
  }

  @Test
  void workersOfAClusterEmbedFromTheBucketIntoIt() throws Exception {
    String output = ObjectStore.BUCKET + "/by-flink";
    Outcome embedding =
        embed(
            output, "--runner=FlinkRunner", "--flinkMaster=" + CLUSTER.master(), "--parallelism=2");
    assertThat(embedding.err()).isEmpty();
    Path local = folder.resolve("for-flink");
    swav("embed", "--model=" + run, "--input=" + images, "--output=" + local);
    assertSame(rows(Folder.of(output)), rows(Folder.of(local)));
  }

  /** Otherwise an hour without the store would train on other images. */
  @Test
  void aStoreThatDoesNotAnswerIsNotAnImageThatCannotBeRead() throws Exception {
    embedOne(ObjectStore.BUCKET + "/images/cat/nothing.jpg", STORE.options());
    List<String> away = new ArrayList<>(STORE.options());
    away.set(0, "--endpoint=http://localhost:9");
    assertThatThrownBy(() -> embedOne(IMAGES + "/cat/00.jpg", away))
        .hasRootCauseMessage("Connection refused")
        .hasStackTraceContaining("StoreUnavailableException: " + IMAGES + "/cat/00.jpg: ");
  }

  /** Embeds an image that must be a dead letter. */
  private static void embedOne(String uri, List<String> options) throws Exception {
    Pipeline pipeline = Pipeline.create(Options.parse(options, SwavOptions.class));
    ImageRef image =
        ImageRef.stored(uri, 0, new Location(uri), 0, 100, ImageEncoding.FILE, "x.jpg", null);
    EmbedImages.Result<Embedding> result =
        pipeline.apply(Create.of(image)).apply(EmbedImages.ofImages(run.toString()));
    PAssert.that(result.embeddings()).empty();
    PAssert.that(result.failures())
        .satisfies(
            found -> {
              assertThat(found).extracting(DeadLetter::stage).containsExactly("read");
              return null;
            });
    pipeline.run().waitUntilFinish();
  }

  private static Outcome embed(String output, String... more) {
    return swav(
        "embed",
        List.of("--model=" + MODEL, "--input=" + IMAGES, "--output=" + output),
        List.of(more));
  }

  /** Returns features by the path of the image below the folder. */
  private static Map<String, float[]> rows(Folder embeddings) throws IOException {
    Map<String, float[]> rows = new TreeMap<>();
    EmbeddingFiles.read(
        embeddings,
        row -> {
          String place = row.source().replaceAll(".*/(images|formats)/", "") + "#" + row.name();
          assertThat(rows.put(place, row.embedding())).as(place).isNull();
        });
    return rows;
  }

  private static void assertSame(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    actual.forEach((name, features) -> assertThat(features).as(name).isEqualTo(expected.get(name)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train --input=s3://nowhere/x.tar --output=NEW|1|s3://nowhere/x.tar|bucket does not exist",
        "train --input=s3://photos/nothing.tar --output=NEW|1|s3://photos/nothing.tar|does not exist",
        "train --input=gs://photos/x.tar --output=NEW|1|gs://photos/|give a path of this machine, or s3",
        "embed --input=s3://photos/images --model=s3://photos/images --output=NEW|1|s3://photos/images|no trained model",
        "embed --input=s3://photos/images --model=s3://photos/model --output=s3://nowhere/x|1|s3://nowhere/x|bucket does not exist",
        "embed --input=s3://photos/images --model=s3://photos/model --output=gs://b/x|1|gs://b/x|give a path of this machine, or s3",
        "train --input=s3://photos/images --output=s3://photos/run|2|--output=s3://photos/run|must be a path of this machine",
        "evaluate --train=s3://photos/images|1|s3://photos/images|holds no embeddings",
        "evaluate --train=s3://photos/images --endpoint=localhost:9|2|localhost:9|must be like http://localhost:9000",
        "evaluate --train=s3://photos/images --endpoint=http://localhost:9|1|s3://photos/images|Connection refused",
      })
  void saysInOneLineWhatIsWrong(String line, int exitCode, String what, String why) {
    String command = line.replace("NEW", folder.resolve("new").toString());
    List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
    STORE.options().stream()
        .filter(option -> !option.startsWith("--endpoint=") || !line.contains("--endpoint="))
        .forEach(arguments::add);
    Outcome outcome = Commands.swav(arguments);
    assertThat(outcome.err().lines()).hasSize(1);
    assertThat(outcome.err()).contains(what, why);
    assertThat(outcome.exitCode()).isEqualTo(exitCode);
  }
}
