package io.swavbeam.app.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.TestEmbeddings;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.parquet.ParquetFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.hadoop.ParquetWriter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Properties of real archives: unreadable images, transparency, and shared output folders. */
class RealArchivesTest {
  @TempDir private static Path shared;
  @TempDir private Path folder;

  private static Path recipe;
  private static Path photos;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    recipe = TestPhotos.recipe(shared);
    photos = photos(shared.resolve("photos"), 20);
    run = shared.resolve("run");
    assertThat(train(photos, run, "--steps=1").err()).isEmpty();
  }

  private static Path photos(Path folder, int count) throws IOException {
    Files.createDirectories(folder);
    for (int i = 0; i < count; i++) {
      Files.write(folder.resolve("%02d.jpg".formatted(i)), TestImages.jpeg(i, 30, 30));
    }
    return folder;
  }

  private static Outcome train(Path input, Path output, String... more) {
    return Commands.swav(
        List.of("train", "--input=" + input, "--output=" + output, "--preset=" + recipe), more);
  }

  private static String[] embed(Path input, Path output, String... more) {
    return Commands.all(
        List.of("embed", "--model=" + run, "--input=" + input, "--output=" + output), more);
  }

  private static List<Embedding> rows(Path output) throws IOException {
    List<Embedding> rows = new ArrayList<>();
    EmbeddingFiles.read(Folder.of(output), rows::add);
    return rows;
  }

  @Tag("slow")
  @Test
  void doesNotTrainOnWhatIsLeftOfAnArchive() throws Exception {
    Path broken = photos(folder.resolve("broken"), 20);
    for (int i = 0; i < 3; i++) {
      Files.writeString(broken.resolve("%02d.jpg".formatted(i)), "no image");
    }
    train(broken, folder.resolve("run"), "--epochs=1")
        .refused(
            "swav: 3 of the 20 images that were needed until step ",
            "cannot be read, more than the fraction 0.1");
    assertThat(folder.resolve("run/dead-letters/images.jsonl")).content().hasLineCount(3);

    Path other = folder.resolve("other");
    assertThat(train(broken, other, "--epochs=1", "--maxUnreadable=0.2").err()).isEmpty();
    assertThat(train(broken, other, "--epochs=1", "--maxUnreadable=2").err())
        .contains("--maxUnreadable must be from 0 to 1");
  }

  /** Two logos of one colour on a transparent background, which differ only in their shape. */
  @Test
  void embedsWhatTransparencyShows() throws Exception {
    Path logos = Files.createDirectories(folder.resolve("logos"));
    Files.write(logos.resolve("a.png"), logo(0));
    Files.write(logos.resolve("b.png"), logo(10));
    assertThat(Commands.swav(embed(logos, folder.resolve("white"))).err()).isEmpty();
    List<Embedding> onWhite = rows(folder.resolve("white"));
    assertThat(onWhite.get(0).embedding()).isNotEqualTo(onWhite.get(1).embedding());
    assertThat(onWhite.get(0).model()).endsWith("-pixels5-scaled");

    Path dropped = folder.resolve("drop");
    assertThat(Commands.swav(embed(logos, dropped, "--alpha=drop")).err()).isEmpty();
    List<Embedding> bare = rows(dropped);
    assertThat(bare.get(0).embedding()).isEqualTo(bare.get(1).embedding());
    assertThat(bare.get(0).model()).endsWith("-pixels5-drop-scaled");

    assertThat(Commands.swav(embed(logos, dropped)).err())
        .contains(
            "decoded or scaled differently (version 5, alpha=drop, decode=scaled, now version 5, alpha=white, decode=scaled)")
        .contains("or give --alpha=drop --decode=scaled")
        .hasLineCount(1);
    assertThat(Commands.swav(embed(logos, dropped, "--alpha=none")).exitCode()).isEqualTo(2);
  }

  private static byte[] logo(int left) {
    BufferedImage picture = new BufferedImage(40, 40, BufferedImage.TYPE_INT_ARGB);
    for (int y = 0; y < 40; y++) {
      for (int x = 0; x < 40; x++) {
        boolean visible = x >= left && x < left + 20;
        picture.setRGB(x, y, visible ? 0xFF203040 : 0x00203040);
      }
    }
    return TestImages.encode(picture, "png");
  }

  @Test
  void embeddingsOfEarlierVersionsAreNotMixedWithOthers() throws Exception {
    TestEmbeddings.write(folder.resolve("earlier"), 5, TestEmbeddings::row);
    Outcome outcome = Commands.swav(embed(photos, folder.resolve("earlier")));
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.err())
        .contains(
            "decoded or scaled differently (version 1, alpha=drop, decode=full, now version 5")
        .contains("choose another --output")
        .hasLineCount(1);
  }

  @Test
  void anUnfinishedRunOfAnEarlierVersionIsRefused() throws Exception {
    Path unfinished = folder.resolve("run");
    assertThat(train(photos, unfinished, "--steps=1").err()).isEmpty();
    Path config = unfinished.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replaceAll("(?s),\\s*\"decoding\" : \\{.*?},\\s*\"maxUnreadable\" : [\\d.]+", ""));
    assertThat(Files.readString(config)).doesNotContain("decoding", "maxUnreadable");
    train(photos, unfinished, "--steps=1")
        .refused(
            "decoded or cropped differently (version 1, alpha=drop, decode=full, now version 5, alpha=white, decode=full)");
  }

  /** TensorFlow formats names of ops with the digits of the locale, and needs ASCII digits. */
  @Test
  void trainsWhereDigitsAreArabic() throws Exception {
    Locale before = Locale.getDefault(Locale.Category.FORMAT);
    Locale.setDefault(Locale.Category.FORMAT, Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      assertThat("%d".formatted(1)).isEqualTo("١");
      assertThat(train(photos, folder.resolve("run"), "--steps=1").err()).isEmpty();
    } finally {
      Locale.setDefault(Locale.Category.FORMAT, before);
    }
  }

  /** The second process is refused. */
  @Tag("slow")
  @Test
  void oneFolderTakesTheEmbeddingsOfOneInput() throws Exception {
    Path output = folder.resolve("embeddings");
    Path others = photos(folder.resolve("others"), 3);
    Path log = folder.resolve("log");
    Process watching = Commands.start(log, embed(others, output, "--watch=1s"));
    try {
      while (!Files.exists(log)
          || !Files.readString(log).contains("embedding images that are added")) {
        assertThat(watching.isAlive()).as("%s", log).isTrue();
        Thread.onSpinWait();
      }
      Outcome refused = Commands.swav(embed(photos, output));
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(refused.err())
          .contains("another job is writing to " + output)
          .contains("(images that are added to " + others)
          .hasLineCount(1);
    } finally {
      watching.destroyForcibly().waitFor();
    }
    // The claim of a killed process is obsolete.
    Outcome free = Commands.swav(embed(photos, output));
    assertThat(free.err()).isEmpty();
  }

  @Tag("slow")
  @Test
  void equalInputMayBeEmbeddedTwiceAtOnce() throws Exception {
    Path output = folder.resolve("embeddings");
    Process first = Commands.start(folder.resolve("log"), embed(photos, output));
    Outcome second = Commands.swav(embed(photos, output));
    assertThat(second.err()).isEmpty();
    assertThat(first.waitFor()).as("%s", Files.readString(folder.resolve("log"))).isZero();
    assertThat(rows(output)).hasSize(20);
  }

  @Tag("slow")
  @Test
  void aFullDiskIsNamed() throws Exception {
    assumeThat(Files.isExecutable(Path.of("/bin/bash"))).isTrue();
    Path output = folder.resolve("embeddings");
    Path log = folder.resolve("log");
    // 16 files of 1.2 MB. A limit of 1 MB on their length fails like a full disk.
    int images = 16 * 600;
    ByteBuffer idx = ByteBuffer.allocate(16 + images * 28 * 28);
    idx.putInt(0x803).putInt(images).putInt(28).putInt(28);
    byte[] pixels = new byte[idx.remaining()];
    new Random(1).nextBytes(pixels);
    idx.put(pixels);
    Path digits = Files.write(folder.resolve("train-images-idx3-ubyte"), idx.array());
    Process process =
        Commands.start(
            log,
            List.of("/bin/bash", "-c", "ulimit -f 1024 && exec \"$@\"", "bash"),
            embed(digits, output));
    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(Files.readString(log))
        .contains("swav: " + output.resolve("_swav/unfinished"))
        .contains("cannot be written: File too large");
    assertThat(output.resolve("_swav/dead-letters"))
        .satisfiesAnyOf(
            letters -> assertThat(letters).doesNotExist(),
            letters -> assertThat(letters).isEmptyDirectory());
  }

  /** A picture that cannot be decoded because the disk is full is not reported as damaged. */
  @Tag("slow")
  @Test
  void aFullDiskIsNoFaultOfAPicture() throws Exception {
    assumeThat(ImageDecoder.readsHeif()).as("libheif's command is installed").isTrue();
    byte[] picture = TestImages.heif().get("rgb.avif");
    ByteBuffer padded = ByteBuffer.allocate(picture.length + (3 << 20)).put(picture);
    padded.putInt(3 << 20).put("free".getBytes(StandardCharsets.US_ASCII));
    Path images = Files.createDirectories(folder.resolve("images"));
    Files.write(images.resolve("1.avif"), padded.array());
    Path output = folder.resolve("embeddings");
    Path log = folder.resolve("log");
    Process process =
        Commands.start(
            log,
            List.of("/bin/bash", "-c", "ulimit -f 2048 && exec \"$@\"", "bash"),
            embed(images, output));
    assertThat(process.waitFor()).as(Files.readString(log)).isEqualTo(1);
    assertThat(log)
        .content()
        .containsPattern("swav: AVIF cannot be decoded by \\S+: .*File too large")
        .doesNotContain("\tat ");
    assertThat(output.resolve("_swav/dead-letters")).doesNotExist();

    Outcome outcome = Commands.swav(embed(images, output));
    assertThat(outcome.err()).isEmpty();
    assertThat(rows(output)).hasSize(1);
  }

  /** HEIC and AVIF, which the system's libheif decodes, if it is installed. */
  @Tag("slow")
  @Test
  void whatPhonesMakeIsReadOrCountedWithItsRemedy() throws Exception {
    Path phone = Files.createDirectories(folder.resolve("phone"));
    for (Map.Entry<String, byte[]> picture : TestImages.heif().entrySet()) {
      if (!picture.getKey().endsWith(".rgb")) {
        Files.write(phone.resolve(picture.getKey()), picture.getValue());
      }
    }
    Path output = folder.resolve("embedded");
    Path log = folder.resolve("log");
    Process process =
        Commands.start(log, List.of("/usr/bin/env", "PATH=/nowhere"), embed(phone, output));
    assertThat(process.waitFor()).as(Files.readString(log)).isEqualTo(1);
    assertThat(log)
        .content()
        .contains("5 of them are HEIC: with libheif's heif-convert installed")
        .contains("3 of them are AVIF")
        .contains("`for f in *.avif; do heif-convert");
    assertThat(output.resolve("_swav/dead-letters/archives.jsonl"))
        .content()
        .hasLineCount(8)
        .contains(
            "HEIC is not read without libheif's heif-convert: install it, or convert the picture");

    assumeThat(ImageDecoder.readsHeif()).as("libheif's command is installed").isTrue();
    Outcome again = Commands.swav(embed(phone, output));
    assertThat(again.err()).isEmpty();
    assertThat(again.out()).contains("8 entries: 8 embeddings, 0 dead letters");
    assertThat(rows(output)).hasSize(8);
    assertThat(train(phone, folder.resolve("trained"), "--steps=1").err()).isEmpty();
  }

  @Test
  void labelsComeFromATable() throws Exception {
    Path table = folder.resolve("labels.csv");
    StringBuilder lines = new StringBuilder("id,species\n");
    for (int i = 0; i < 18; i++) {
      lines.append("%02d,%s\n".formatted(i, i % 2 == 0 ? "ape" : "bee"));
    }
    Files.writeString(table, lines + "98,cow\n99.jpg,cow\n");
    Path output = folder.resolve("labelled");
    Outcome outcome = Commands.swav(embed(photos, output, "--labels=" + table));
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out())
        .contains("labels of 20 names are in " + table)
        .contains(table + ": 2 of 20 names have no embedding, 2 embeddings are not in it");
    for (Embedding row : rows(output)) {
      int number = Integer.parseInt(row.name().substring(0, 2));
      assertThat(row.label())
          .as(row.name())
          .isEqualTo(number >= 18 ? null : number % 2 == 0 ? "ape" : "bee");
    }
    Files.writeString(table, "a.jpg\n");
    Outcome refused = Commands.swav(embed(photos, folder.resolve("no"), "--labels=" + table));
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err())
        .isEqualTo(
            "swav: %s, record 1: a name and a label are needed, with a comma between them%n",
            table);
    assertThat(folder.resolve("no")).doesNotExist();
  }

  /** A dataset with two columns of pictures, and labels in a column with another name. */
  @Test
  void columnsOfParquetFilesCanBeNamed() throws Exception {
    Schema schema =
        SchemaBuilder.record("schema")
            .fields()
            .requiredBytes("image")
            .requiredBytes("scan")
            .requiredString("species")
            .endRecord();
    Path file = folder.resolve("scans.parquet");
    try (ParquetWriter<GenericRecord> writer =
        ParquetFiles.writer(
            Files.newByteChannel(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            schema)) {
      for (int i = 0; i < 20; i++) {
        GenericRecord row = new GenericData.Record(schema);
        row.put("image", ByteBuffer.wrap("no picture".getBytes(StandardCharsets.UTF_8)));
        row.put("scan", ByteBuffer.wrap(TestImages.jpeg(i, 30, 30)));
        row.put("species", i % 2 == 0 ? "ape" : "bee");
        writer.write(row);
      }
    }
    Path trained = folder.resolve("trained");
    Outcome training = train(file, trained, "--steps=1", "--imageColumn=scan");
    assertThat(training.err()).isEmpty();
    assertThat(training.out())
        .contains(
            "%s can only be read from its beginning: its images are copied into".formatted(file))
        .contains("20 images in 1 files");
    assertThat(train(file, trained, "--steps=1", "--imageColumn=scan").out())
        .as("the copy is there")
        .doesNotContain("copied");

    Path output = folder.resolve("embedded");
    assertThat(
            Commands.swav(embed(file, output, "--imageColumn=scan", "--labelColumn=species")).err())
        .isEmpty();
    assertThat(rows(output)).hasSize(20).extracting(Embedding::label).containsOnly("ape", "bee");
    Path png = folder.resolve("found.png");
    Outcome found =
        Commands.swav(
            "search",
            "--model=" + run,
            "--embeddings=" + output,
            "--query=" + photos.resolve("03.jpg"),
            "--top=3",
            "--output=" + png,
            "--imageColumn=scan");
    assertThat(found.out() + found.err()).contains("row-3").doesNotContain("not drawn");

    Outcome without = Commands.swav(embed(file, folder.resolve("no"), "--imageColumn=photo"));
    assertThat(without.exitCode()).isEqualTo(1);
    assertThat(folder.resolve("no/_swav/dead-letters/archives.jsonl"))
        .content()
        .contains("its columns are image, scan, species: none is named photo");
  }
}
