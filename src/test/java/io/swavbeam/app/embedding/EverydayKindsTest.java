package io.swavbeam.app.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.EmbedOutcome;
import io.swavbeam.model.backbone.ResNetKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.model.testing.TorchFiles;
import io.swavbeam.model.testing.TorchFiles.Layout;
import io.swavbeam.pipelines.embedding.Embedding;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Everyday files of each kind, written here and read through the command. {@link EverydayFilesTest}
 * runs a larger set if it is available.
 */
@Tag("slow")
class EverydayKindsTest {
  private static final String POINTER =
      "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 100000\n";

  @TempDir private static Path shared;
  @TempDir private Path folder;

  private static Path model;

  /** The result of an input. */
  private record Outcomes(String said, Map<String, Embedding> rows, List<DeadLetter> letters) {
    String why(String name) {
      return letters.stream()
          .filter(letter -> letter.name().equals(name))
          .map(DeadLetter::error)
          .findFirst()
          .orElse("no letter");
    }

    Map<String, String> labels() {
      Map<String, String> labels = new TreeMap<>();
      rows.forEach((name, row) -> labels.put(name, String.valueOf(row.label())));
      return labels;
    }
  }

  @BeforeAll
  static void imported() throws IOException {
    model = shared.resolve("model");
    Commands.swav("import", "--weights=" + weights(shared, "plain", ""), "--output=" + model)
        .succeeded();
  }

  private static Path weights(Path folder, String name, String... prefixes) throws IOException {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    for (String prefix : prefixes) {
      ResNetKind.RESNET18
          .shapes(2, true)
          .forEach((tensor, shape) -> shapes.put(prefix + tensor, shape));
    }
    shapes.put("projector.0.weight", List.of(2L, 2L));
    shapes.put("projector.0.bias", List.of(2L));
    return TorchFiles.write(
        Layout.ZIP,
        folder.resolve(name + ".pth"),
        shapes,
        tensor -> {
          List<Long> shape = shapes.get(tensor);
          float[] numbers = new float[Math.toIntExact(shape.stream().reduce(1L, (a, b) -> a * b))];
          Random random =
              new Random(tensor.replaceFirst(".*\\.(layer|conv1|bn1)", "$1").hashCode());
          for (int i = 0; i < numbers.length; i++) {
            numbers[i] = 0.1f + random.nextFloat();
          }
          return numbers;
        });
  }

  private Outcomes embed(Path input, String... more) throws IOException {
    Path output = folder.resolve("out-" + System.nanoTime());
    Outcome outcome =
        Commands.swav(
            List.of("embed", "--model=" + model, "--input=" + input, "--output=" + output), more);
    String said = outcome.out() + outcome.err();
    assertThat(said).doesNotContain("\tat ").doesNotContain("bug");
    EmbedOutcome embedded = EmbedOutcome.of(outcome, output);
    Map<String, Embedding> rows = new HashMap<>();
    embedded.rows().forEach(row -> rows.put(row.name(), row));
    return new Outcomes(said, rows, embedded.letters());
  }

  private Path tar(String name, Object... entries) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(file);
        TarArchiveOutputStream tar =
            new TarArchiveOutputStream(name.endsWith(".gz") ? new GZIPOutputStream(out) : out)) {
      for (int i = 0; i < entries.length; i += 2) {
        byte[] bytes =
            entries[i + 1] instanceof byte[] image
                ? image
                : entries[i + 1].toString().getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(entries[i].toString());
        entry.setSize(bytes.length);
        tar.putArchiveEntry(entry);
        tar.write(bytes);
        tar.closeArchiveEntry();
      }
    }
    return file;
  }

  @Test
  void picturesAreRowsOrLettersThatNameTheirFormat() throws IOException {
    Path pictures = Files.createDirectories(folder.resolve("pictures"));
    int readable = 0;
    int refused = 0;
    for (Map.Entry<String, byte[]> entry : TestImages.formats().entrySet()) {
      String name = entry.getKey();
      readable += name.endsWith(".rgb") ? 1 : 0;
      refused += name.endsWith(".refused") ? 1 : 0;
      if (!name.endsWith(".rgb") && !name.endsWith(".refused")) {
        Files.write(pictures.resolve(name), entry.getValue());
      }
    }
    Files.write(pictures.resolve("xl.jpg"), new byte[] {(byte) 0xFF, 0x0A, 1, 2, 3});
    Files.writeString(pictures.resolve("photo"), "qoif....................");
    Files.writeString(pictures.resolve("scan.dcm"), "whatever its bytes");
    Files.writeString(pictures.resolve("lfs.jpg"), POINTER);
    Files.writeString(pictures.resolve("page.png"), "<!DOCTYPE html><html></html>");
    Files.writeString(pictures.resolve("notes.txt"), "beside");
    Files.writeString(pictures.resolve("what.qqq"), "unknown");
    Outcomes outcomes = embed(pictures);
    assertThat(outcomes.rows()).hasSize(readable);
    assertThat(outcomes.letters()).hasSize(refused + 5);
    assertThat(outcomes.letters()).noneMatch(letter -> letter.error().contains("damaged"));
    assertThat(outcomes.why("xl.jpg")).isEqualTo("JPEG XL is not read");
    assertThat(outcomes.why("photo")).isEqualTo("QOI is not read");
    assertThat(outcomes.why("scan.dcm")).isEqualTo("DICOM is not read");
    assertThat(outcomes.why("lfs.jpg")).contains("Git LFS");
    assertThat(outcomes.why("page.png")).contains("HTML");
    assertThat(outcomes.said())
        .contains("2 other files: qqq 1, txt 1")
        .contains("1 of the other files are of unknown formats: qqq 1");
  }

  @Test
  void labelsOfSamplesComeFromTarsInAnyOrder() throws IOException {
    byte[] image = TestImages.jpeg(1, 20, 20);
    Object[] entries = {
      "0.cls", "a", "0.jpg", image, "1.5.cls", "b", "1.5.jpg", image, "2.jpg", image, "2.cls", "c",
      "3.jpg", image
    };
    Map<String, String> expected =
        Map.of("0.jpg", "a", "1.5.jpg", "b", "2.jpg", "c", "3.jpg", "null");
    for (String name : List.of("shard.tar", "shard.tar.gz")) {
      assertThat(embed(tar(name, entries)).labels()).as(name).isEqualTo(expected);
    }
    Outcomes none = embed(tar("none.tar", "0.jpg", image, "1.cls", "x"));
    assertThat(none.said()).contains("no image has a label from the .cls files");
    Outcomes json =
        embed(
            tar("json.tar", "0.jpg", image, "0.json", "{\"class\": {\"name\": \"cat\"}}"),
            "--label=json:class.name");
    assertThat(json.labels()).containsExactly(Map.entry("0.jpg", "cat"));
    Outcomes wrong = embed(folder.resolve("json.tar"), "--label=json:klass");
    assertThat(wrong.said()).contains("no image has a label from --label=json:klass");
  }

  @Test
  void labelsComeFromTablesAsPeopleHaveThem() throws IOException {
    Path photos = Files.createDirectories(folder.resolve("photos"));
    Files.write(photos.resolve("0.jpg"), TestImages.jpeg(1, 20, 20));
    Path table = folder.resolve("labels.csv");
    Files.writeString(table, "lesion_id,image_id,dx\n1, \"D:\\x\\0.jpg\", nv\n");
    Outcomes outcomes = embed(photos, "--labels=" + table);
    assertThat(outcomes.labels()).containsExactly(Map.entry("0.jpg", "nv"));
    assertThat(outcomes.said())
        .contains("names in the column image_id, labels in dx (--labelsColumns names others)");
    assertThat(embed(photos, "--labels=" + table, "--labelsColumns=image_id,lesion_id").labels())
        .containsExactly(Map.entry("0.jpg", "1"));
    Files.writeString(table, "other.jpg,x\n");
    assertThat(embed(photos, "--labels=" + table).said())
        .contains("no image has a label from --labels=" + table)
        .contains("1 of 1 names have no embedding, 1 embeddings are not in it");
  }

  @Test
  void archivesThatWereNeverFetchedAreNamed() throws IOException {
    for (String name : List.of("a.tar", "a.tar.gz", "a.zip", "a.parquet")) {
      Path file = Files.writeString(folder.resolve(name), POINTER);
      Outcomes outcomes = embed(file);
      assertThat(outcomes.letters()).as(name).hasSize(1);
      assertThat(outcomes.letters().get(0).error()).as(name).contains("Git LFS");
    }
  }

  @Test
  void weightsAreFoundByTheirNames() throws IOException {
    byte[] plain = exported(weights(folder, "plain", ""));
    for (String prefix : List.of("_orig_mod.", "net.", "state_dict.module.encoder.")) {
      assertThat(exported(weights(folder, prefix + "x", prefix))).isEqualTo(plain);
    }
    Path two = weights(folder, "two", "momentum_backbone.", "backbone.");
    assertThat(exported(two)).isEqualTo(plain);
    assertThat(imported(two, "two").out())
        .contains(
            "using the network with the prefix backbone; --prefix selects another: momentum_backbone")
        .contains("left out: momentum_backbone.* (")
        .contains("projector.* (2)");
    Path pair = weights(folder, "pair", "student.", "teacher.");
    imported(pair, "pair")
        .refused(
            "it holds several networks: student, teacher; choose one, for example --prefix=teacher");
    imported(pair, "chosen", "--prefix=teacher").succeeded();
  }

  private Outcome imported(Path weights, String name, String... more) {
    return Commands.swav(
        List.of("import", "--weights=" + weights, "--output=" + folder.resolve("model-" + name)),
        more);
  }

  /**
   * Returns the bytes of the tensors of a model's safetensors file. Its header contains the id of
   * the model.
   */
  private byte[] exported(Path weights) throws IOException {
    String name = "exported-" + System.nanoTime();
    assertThat(imported(weights, name).exitCode()).isZero();
    Path file = folder.resolve(name + ".safetensors");
    Commands.swav(
            "export",
            "--run=" + folder.resolve("model-" + name),
            "--format=safetensors",
            "--output=" + file)
        .succeeded();
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int start = Long.BYTES + Math.toIntExact(bytes.getLong());
    return Arrays.copyOfRange(bytes.array(), start, bytes.capacity());
  }
}
