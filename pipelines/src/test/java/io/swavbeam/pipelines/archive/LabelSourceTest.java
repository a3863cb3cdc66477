package io.swavbeam.pipelines.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.input.InputFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Labels of WebDataset's samples, wherever they stand. */
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

  private static byte[] shard() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      // As img2dataset packs it, the other way round, without any, and in between.
      put(tar, "1.jpg", null);
      put(tar, "1.json", "{\"label\": 7, \"caption\": \"x\"}");
      put(tar, "1.cls", "3");
      put(tar, "1.txt", " a cat on a mat\n");
      put(tar, "2.txt", "a dog");
      put(tar, "2.cls", "4");
      put(tar, "2.json", "{\"label\": \"tail\"}");
      put(tar, "2.jpg", null);
      put(tar, "3.jpg", null);
      put(tar, "3.json", "{\"label\": {\"no\": \"value\"}");
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
    SampleFields fields = SampleFields.DEFAULT.withLabel(source);
    List<String> labels = new ArrayList<>();
    ArchiveContractTest.Listing listing = new ArchiveContractTest.Listing();
    Archives.list(InputFiles.named(file.toString()), ImageLimits.DEFAULT, fields, listing);
    List<String> sidecars = new ArrayList<>(listing.sidecars);
    for (ImageRef ref : listing.images) {
      if (!ref.isSequentialArchive()) {
        labels.add(ref.label());
        continue;
      }
      SequentialArchive.read(
          ref,
          ImageLimits.DEFAULT,
          fields,
          new SequentialArchive.Visitor() {
            @Override
            public void image(ImageRef image, byte[] bytes) {
              labels.add(image.label());
            }

            @Override
            public void deadLetter(DeadLetter letter) {
              throw new AssertionError(letter);
            }

            @Override
            public void sidecar(String name) {
              sidecars.add(name);
            }
          });
    }
    assertThat(listing.deadLetters).isEmpty();
    assertThat(sidecars).as("they stay counted").hasSize(9);
    return String.join(", ", labels.stream().map(String::valueOf).toList());
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
