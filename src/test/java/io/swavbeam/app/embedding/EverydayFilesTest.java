package io.swavbeam.app.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.EmbedOutcome;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.embedding.Embedding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.types.TUint8;

/**
 * Files of users, from {@code everyday.json} and {@code everyday.tar.gz} in the folder of {@code
 * -Dcases.dir}: weights, pictures, tars, Parquet files and tables of labels, with the expected
 * results. Tests in other packages have smaller files of each kind.
 */
@Tag("slow")
class EverydayFilesTest {
  @TempDir private static Path shared;
  private static Path cases;
  private static Path model;

  @TempDir private Path folder;

  private static Path given() {
    return Path.of(System.getProperty("cases.dir", "")).toAbsolutePath();
  }

  private static boolean isGiven() {
    return Files.isRegularFile(given().resolve("everyday.json"));
  }

  /** Returns the cases, or prints a line if there are none. */
  static Stream<Map.Entry<String, JsonNode>> cases() throws IOException {
    if (!isGiven()) {
      System.out.println("SKIPPED: no everyday files at " + given() + " (-Dcases.dir=...)");
      return Stream.of(Map.entry("no everyday files are given", new ObjectMapper().nullNode()));
    }
    Map<String, JsonNode> all = new TreeMap<>();
    new ObjectMapper()
        .readTree(given().resolve("everyday.json").toFile())
        .get("cases")
        .fields()
        .forEachRemaining(one -> all.put(one.getKey(), one.getValue()));
    // Cases about the machine and the output folder have other tests.
    all.keySet().removeIf(name -> name.startsWith("command/") || name.startsWith("output/"));
    return all.entrySet().stream();
  }

  @BeforeAll
  static void unpackAndTrain() throws Exception {
    if (!isGiven()) {
      return;
    }
    Commands.unpack(given().resolve("everyday.tar.gz"), shared);
    cases = shared.resolve("everyday");
    model = TestPhotos.train(shared, 2);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void givesWhatItMust(Map.Entry<String, JsonNode> one) throws Exception {
    JsonNode wanted = one.getValue();
    if (wanted.isNull()) {
      return;
    }
    String command = wanted.get("command").asText();
    try {
      if (command.equals("import")) {
        imports(one.getKey(), wanted);
        return;
      }
      if (command.equals("decode")) {
        decodes(one.getKey(), wanted);
        command = "embed";
      }
      embeds(one.getKey(), command, wanted);
    } catch (AssertionError e) {
      throw new AssertionError("%s: %s".formatted(one.getKey(), e.getMessage()), e);
    }
  }

  private void imports(String name, JsonNode wanted) throws IOException {
    Outcome outcome =
        Commands.swav(
            "import", "--weights=" + cases.resolve(name), "--output=" + folder.resolve("model"));
    String said = outcome.out() + outcome.err();
    assertThat(outcome.exitCode()).as(said).isEqualTo(wanted.get("ok").asBoolean() ? 0 : 1);
    assertThat(outcome.err()).doesNotContain("\tat ").doesNotContain("damaged");
    assertNames(said, wanted);
    if (!wanted.get("ok").asBoolean()) {
      assertThat(outcome.err()).startsWith("swav: ").hasLineCount(1);
      return;
    }
    Map<String, byte[]> expected = tensors(cases.resolve("weights/plain.safetensors"));
    expected.keySet().removeIf(tensor -> tensor.endsWith("num_batches_tracked"));
    if (name.endsWith("expanded.pth")) {
      expected.replaceAll(
          (tensor, bytes) -> tensor.endsWith("running_var") ? ones(bytes.length) : bytes);
    }
    Path exported = folder.resolve("exported.safetensors");
    Commands.swav(
            "export",
            "--run=" + folder.resolve("model"),
            "--format=safetensors",
            "--output=" + exported)
        .succeeded();
    Map<String, byte[]> found = tensors(exported);
    assertThat(found.keySet()).containsAll(backbone(expected));
    backbone(expected)
        .forEach(
            tensor -> assertThat(found.get(tensor)).as(tensor).isEqualTo(expected.get(tensor)));
  }

  private static List<String> backbone(Map<String, byte[]> tensors) {
    return tensors.keySet().stream().filter(name -> !name.startsWith("fc.")).toList();
  }

  private static byte[] ones(int bytes) {
    ByteBuffer ones = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (ones.hasRemaining()) {
      ones.putFloat(1);
    }
    return ones.array();
  }

  /** Returns the bytes of the float32 tensors of a safetensors file. */
  private static Map<String, byte[]> tensors(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int header = Math.toIntExact(bytes.getLong());
    JsonNode entries =
        new ObjectMapper()
            .readTree(new String(bytes.array(), Long.BYTES, header, StandardCharsets.UTF_8));
    Map<String, byte[]> tensors = new HashMap<>();
    entries
        .fields()
        .forEachRemaining(
            entry -> {
              JsonNode offsets = entry.getValue().path("data_offsets");
              if (offsets.isArray()) {
                int data = Long.BYTES + header;
                tensors.put(
                    entry.getKey(),
                    Arrays.copyOfRange(
                        bytes.array(),
                        data + offsets.get(0).intValue(),
                        data + offsets.get(1).intValue()));
              }
            });
    return tensors;
  }

  private static void decodes(String name, JsonNode wanted) throws Exception {
    byte[] expected = Files.readAllBytes(cases.resolve(wanted.get("pixels").asText()));
    // NumPy's format: ten bytes, which include the length of the header, then the header.
    int start =
        10
            + Short.toUnsignedInt(
                ByteBuffer.wrap(expected, 8, 2).order(ByteOrder.LITTLE_ENDIAN).getShort());
    try (ImageDecoder decoder = new ImageDecoder(Alpha.WHITE);
        TUint8 image =
            decoder.decode(Files.readAllBytes(cases.resolve(name)), ImageEncoding.FILE)) {
      String header = new String(expected, 10, start - 10, StandardCharsets.ISO_8859_1);
      assertThat(header)
          .contains("'shape': (%d, %d, 3)".formatted(image.shape().get(0), image.shape().get(1)));
      byte[] found = new byte[(int) image.size()];
      image.asRawTensor().data().read(found, 0, found.length);
      long sum = 0;
      int most = 0;
      for (int i = 0; i < found.length; i++) {
        int difference =
            Math.abs(Byte.toUnsignedInt(found[i]) - Byte.toUnsignedInt(expected[start + i]));
        sum += difference;
        most = Math.max(most, difference);
      }
      assertThat(most).isLessThanOrEqualTo(wanted.at("/tolerance/max").intValue());
      assertThat((double) sum / found.length)
          .isLessThanOrEqualTo(wanted.at("/tolerance/mean").doubleValue());
    }
  }

  private void embeds(String name, String command, JsonNode wanted) throws Exception {
    List<String> line = new ArrayList<>();
    for (String word : command.split(" ", -1)) {
      line.add(
          word.replace("--input=", "--input=" + cases + "/")
              .replace("--labels=", "--labels=" + cases + "/"));
    }
    line.add("--model=" + model);
    if (!command.contains("--input=")) {
      line.add("--input=" + cases.resolve(name));
    }
    line.add("--output=" + folder.resolve("out"));
    Outcome outcome = Commands.swav(line);
    String said = outcome.out() + outcome.err();
    assertThat(outcome.err()).as(said).doesNotContain("\tat ").doesNotContain("bug");
    EmbedOutcome embedded = EmbedOutcome.of(outcome, folder.resolve("out"));
    List<Embedding> rows = embedded.rows();
    List<DeadLetter> letters = embedded.letters();
    // A format that was unsupported when the case was written may be supported now.
    boolean isPicture = name.startsWith("pictures/");
    assertThat(rows.size() + (isPicture ? letters.size() : 0))
        .as(said + letters)
        .isEqualTo(
            wanted.get("rows").intValue() + (isPicture ? wanted.get("letters").intValue() : 0));
    if (!isPicture) {
      assertThat(letters).hasSize(wanted.get("letters").intValue());
    }
    String all = said + String.join("\n", letters.stream().map(DeadLetter::error).toList());
    if (!isPicture || rows.isEmpty()) {
      assertNames(all, wanted);
    }
    if (isPicture) {
      assertThat(all).doesNotContain("damaged");
    }
    JsonNode sidecars = wanted.path("sidecars");
    sidecars
        .fields()
        .forEachRemaining(
            count ->
                assertThat(outcome.out())
                    .contains("%s %d".formatted(count.getKey(), count.getValue().intValue())));
    JsonNode labels = wanted.path("labels");
    Map<String, String> found = new HashMap<>();
    rows.forEach(row -> found.put(row.name(), row.label()));
    labels
        .fields()
        .forEachRemaining(
            label ->
                assertThat(found)
                    .containsEntry(
                        label.getKey(),
                        label.getValue().isNull() ? null : label.getValue().asText()));
  }

  private static void assertNames(String said, JsonNode wanted) {
    wanted.path("message_names").forEach(word -> assertThat(said).contains(word.asText()));
  }
}
