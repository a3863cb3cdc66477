package io.swavbeam.pipelines.archive.walk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.archive.LabelSource;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.archive.format.Member;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Labels of samples of WebDataset in any order. */
class LabelSourceTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "cls, '3, 4, null, null'",
    "txt, 'a cat on a mat, a dog, null, d'",
    "json:label, '7, tail, null, true'",
    "json:none, 'null, null, null, null'"
  })
  void labelsComeBeforeOrBehindTheirImages(String source, String expected) throws IOException {
    byte[] shard = shard();
    Path tar = Files.write(folder.resolve("shard.tar"), shard);
    assertThat(labels(tar, LabelSource.parse(source))).isEqualTo(expected);
    Path gz = Files.write(folder.resolve("shard.tar.gz"), TestArchives.gzip(shard));
    assertThat(labels(gz, LabelSource.parse(source))).isEqualTo(expected);
  }

  /**
   * Labels have the key of their image, in any order of entries. A case is a list of entries of a
   * tar: names of images, and names of labels with their text.
   */
  @ParameterizedTest
  @CsvSource({
    // The order of webdataset's own writer, and of tar with sorted names.
    "0.cls=a 0.jpg 1.cls=b 1.jpg 2.cls=c 2.jpg, 'a, b, c'",
    "0.jpg 0.cls=a 1.jpg 1.cls=b, 'a, b'",
    // All images, then all labels, and the reverse.
    "0.jpg 1.jpg 2.jpg 0.cls=a 1.cls=b 2.cls=c, 'a, b, c'",
    "2.cls=c 1.cls=b 0.cls=a 0.jpg 1.jpg 2.jpg, 'a, b, c'",
    // Dots in keys: the whole key counts, then shorter ones.
    "s1.0.cls=a s1.0.jpg s1.5.cls=b s1.5.jpg s1.75.cls=c s1.75.jpg, 'a, b, c'",
    "v1.0.cls=a v1.0.jpg v1.5.jpg v2.0.cls=b v2.0.jpg, 'a, null, b'",
    "0.left.jpg 0.right.jpg 0.cls=a 1.cls=b 1.left.jpg 1.right.jpg, 'a, a, b, b'",
    "0.cls=a 0.left.cls=b 0.left.jpg 0.right.jpg, 'b, a'",
    // Hidden files of macOS between a label and its image.
    "._0.jpg 0.jpg ._0.cls=x 0.cls=a ._1.cls=y 1.cls=b ._1.jpg 1.jpg, 'a, b'",
    // Another sidecar, another image and a folder with the same names between them.
    "0.jpg 0.txt=x 1.jpg a/0.cls=c 0.cls=a 1.json=x 1.cls=b a/0.jpg, 'a, b, c'",
    // Composed and decomposed characters.
    "u\u0308.cls=a \u00FC.jpg \u00E9.jpg e\u0301.cls=b, 'a, b'",
    // No label, an empty one, and one with a byte order mark.
    "0.jpg 1.jpg 1.cls= 2.cls=\uFEFFc 2.jpg, 'null, null, c'",
    // A folder is the label if there is no other. {@code .} is not a folder.
    "./0.jpg ./1.jpg ./cat/2.jpg ././3.jpg cat/./4.jpg, 'null, null, cat, null, cat'",
  })
  void labelsAreThoseOfTheirKeys(String entries, String expected) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      for (String entry : entries.split(" ", -1)) {
        int equals = entry.indexOf('=');
        put(
            tar,
            equals < 0 ? entry : entry.substring(0, equals),
            equals < 0 ? null : entry.substring(equals + 1));
      }
    }
    Path tar = Files.write(folder.resolve("shard.tar"), bytes.toByteArray());
    Path gz = Files.write(folder.resolve("shard.tar.gz"), TestArchives.gzip(bytes.toByteArray()));
    for (Path file : List.of(tar, gz)) {
      List<String> labels = new ArrayList<>();
      read(file, SampleFields.DEFAULT, labels, new ArrayList<>());
      assertThat(String.join(", ", labels)).as(file.toString()).isEqualTo(expected);
    }
  }

  /** Links to labels, and labels of links to images, as tar writes equal files. */
  @Test
  void linksHaveLabelsToo() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      put(tar, "0.cls", "a");
      put(tar, "0.jpg", null);
      link(tar, "1.cls", "0.cls", TarConstants.LF_LINK);
      put(tar, "1.jpg", null);
      link(tar, "2.jpg", "0.jpg", TarConstants.LF_SYMLINK);
      put(tar, "2.cls", "c");
      put(tar, "3.cls", "d");
      link(tar, "3.jpg", "0.jpg", TarConstants.LF_LINK);
    }
    Path tar = Files.write(folder.resolve("links.tar"), bytes.toByteArray());
    Path gz = Files.write(folder.resolve("links.tar.gz"), TestArchives.gzip(bytes.toByteArray()));
    for (Path file : List.of(tar, gz)) {
      List<String> labels = new ArrayList<>();
      read(file, SampleFields.DEFAULT, labels, new ArrayList<>());
      assertThat(labels).as(file.toString()).containsExactly("a", "a", "c", "d");
    }
  }

  private static void link(TarArchiveOutputStream tar, String name, String target, byte type)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, type);
    entry.setLinkName(target);
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  /** A shard in random order: labels may be thousands of images away. */
  @Test
  void labelsMayBeFarAway() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      for (int i = 0; i < 5_000; i++) {
        TestArchives.put(tar, i + ".jpg", new byte[] {1});
      }
      for (int i = 0; i < 5_000; i++) {
        put(tar, i + ".cls", "l" + i);
      }
    }
    Path tar = Files.write(folder.resolve("far.tar"), bytes.toByteArray());
    Path gz = Files.write(folder.resolve("far.tar.gz"), TestArchives.gzip(bytes.toByteArray()));
    for (Path file : List.of(tar, gz)) {
      List<String> labels = new ArrayList<>();
      read(file, SampleFields.DEFAULT, labels, new ArrayList<>());
      assertThat(labels).hasSize(5_000).first().isEqualTo("l0");
      assertThat(labels).last().isEqualTo("l4999");
    }
  }

  /** Records the results of images and labels. */
  private static final class Told implements SampleLabels.Receiver<String> {
    private final List<String> images = new ArrayList<>();
    private final Map<String, String> labels = new HashMap<>();

    @Override
    public void image(String image, String label) {
      images.add(image + " " + label);
    }

    @Override
    public void label(String name, String lost) {
      labels.put(name, lost);
    }
  }

  /** A label that follows too late is reported, and is not a sidecar. */
  @Test
  void aLabelThatComesTooLateIsTold() throws IOException {
    Told told = new Told();
    SampleLabels<String> samples = new SampleLabels<>(LabelSource.CLS, told);
    samples.image("a.left.jpg", SampleLabels.MAX_BYTES, "a");
    samples.image("b.jpg", SampleLabels.MAX_BYTES, "b");
    assertThat(told.images).containsExactly("a null");
    samples.label("b.cls", stream("x"));
    assertThat(told.labels).containsEntry("b.cls", null);
    for (String late : List.of("a.cls", "a.left.cls")) {
      samples.label(late, stream("x"));
      assertThat(told.labels.get(late)).startsWith("the label comes too late");
    }
    samples.label("c.cls", stream("version https://git-lfs.github.com/spec/v1\n"));
    assertThat(told.labels.get("c.cls")).contains("Git LFS");
    samples.finish(Member.Link::path);
    assertThat(told.images).containsExactly("a null", "b x");
  }

  @Test
  void aLabelThatIsCutOffIsTold() throws IOException {
    Told told = new Told();
    new SampleLabels<>(LabelSource.parse("json:label"), told)
        .label("0.json", stream("{\"label\": \"c"));
    assertThat(told.labels.get("0.json"))
        .startsWith("no label can be read: it is not JSON from line 1, column 1");
  }

  /** A link to a label is a label, also through other links, before and after its target. */
  @Test
  void linksToLabelsAreLabels() throws IOException {
    Told told = new Told();
    SampleLabels<String> samples = new SampleLabels<>(LabelSource.CLS, told);
    samples.link(link("3.cls", "2.cls"));
    samples.link(link("2.cls", "./1.cls"));
    samples.link(link("5.cls", "nothing.cls"));
    samples.link(link("6.cls", "1.jpg"));
    samples.link(link("7.cls", "linked/1.cls"));
    for (String image : List.of("1", "2", "3", "4", "5", "6", "7")) {
      samples.image(image + ".jpg", 1, image);
    }
    samples.label("1.cls", stream("x"));
    samples.link(link("4.cls", "3.cls"));
    samples.finish(link -> link.path().replace("linked/", ""));
    assertThat(told.images).containsExactly("1 x", "2 x", "3 x", "4 x", "5 null", "6 null", "7 x");
    assertThat(told.labels).hasSize(7);
    assertThat(told.labels.get("5.cls"))
        .isEqualTo(
            "it is a link to nothing.cls, which is not a .cls file of the archive with a label");
    assertThat(told.labels.get("6.cls")).startsWith("it is a link to 1.jpg");
    assertThat(told.labels.get("7.cls")).isNull();
  }

  private static Member.Link link(String name, String target) {
    return new Member.Link(0, name, target, target);
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Fields of nested objects, and of the only element of a list. */
  @ParameterizedTest
  @CsvSource({
    "json:class.name, '{\"class\": {\"name\": \"cat\"}}', cat",
    "json:class.name, '{\"class.name\": \"dog\", \"class\": {\"name\": \"cat\"}}', dog",
    "json:annotations.category, '{\"annotations\": [{\"category\": 7}]}', 7",
    "json:labels, '{\"labels\": [\"cat\"]}', cat",
    "json:labels, '{\"labels\": [\"cat\", \"dog\"]}', -",
    "json:class.name, '{\"class\": \"cat\"}', -",
  })
  void fieldsAreNamedByTheirPath(String source, String json, String label) throws IOException {
    assertThat(LabelSource.parse(source).in(json)).isEqualTo(label.equals("-") ? null : label);
  }

  private static byte[] shard() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      // In the order of img2dataset, in reverse, without labels, and mixed.
      put(tar, "1.jpg", null);
      put(tar, "1.json", "{\"label\": 7, \"caption\": \"x\"}");
      put(tar, "1.cls", "3");
      put(tar, "1.txt", " a cat on a mat\n");
      put(tar, "2.txt", "a dog");
      put(tar, "2.cls", "4");
      put(tar, "2.json", "{\"label\": \"tail\"}");
      put(tar, "2.jpg", null);
      put(tar, "3.jpg", null);
      put(tar, "3.json", "{\"label\": {\"no\": \"value\"}}");
      put(tar, "4.json", "{\"label\": true}");
      put(tar, "4.jpg", null);
      put(tar, "4.txt", "d");
    }
    return bytes.toByteArray();
  }

  private static void put(TarArchiveOutputStream tar, String name, String text) throws IOException {
    TestArchives.put(
        tar, name, text == null ? TestImages.jpeg(1, 8, 8) : text.getBytes(StandardCharsets.UTF_8));
  }

  private static String labels(Path file, LabelSource source) throws IOException {
    List<String> labels = new ArrayList<>();
    List<String> sidecars = new ArrayList<>();
    read(file, SampleFields.DEFAULT.withLabel(source), labels, sidecars);
    assertThat(sidecars).as("they stay counted").hasSize(9);
    return String.join(", ", labels);
  }

  /** Reads the labels of the images of a tar, in order. */
  private static void read(
      Path file, SampleFields fields, List<String> labels, List<String> sidecars)
      throws IOException {
    Walked walked = Walked.of(file, fields);
    for (Walked.Image image : walked.read()) {
      labels.add(String.valueOf(image.ref().label()));
    }
    sidecars.addAll(walked.sidecars);
    assertThat(walked.letters).isEmpty();
  }

  @Test
  void somethingElseIsRefusedInOneLine() {
    for (String text : List.of("", "json", "json:", "csv", "CLS")) {
      assertThatThrownBy(() -> LabelSource.parse(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("unknown label '%s': take cls, txt or json:field", text);
    }
  }
}
