package io.swavbeam.pipelines.archive.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.archive.walk.Walked;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One class and one line add a format with all features of the walk. */
class AnotherFormatTest {
  @TempDir private Path folder;

  @Test
  void isListedStreamedAndNested() throws Exception {
    byte[] ar = ar();
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(tar)) {
      TestArchives.put(out, "inner.ar", ar);
    }
    for (Path file :
        List.of(
            Files.write(folder.resolve("x.ar"), ar),
            Files.write(folder.resolve("x.ar.gz"), TestArchives.gzip(ar)),
            Files.write(folder.resolve("x.tar"), tar.toByteArray()),
            Files.write(folder.resolve("x.tgz"), TestArchives.gzip(tar.toByteArray())))) {
      Walked walked = Walked.of(file, SampleFields.DEFAULT);
      assertThat(walked.read())
          .as(file.toString())
          .singleElement()
          .satisfies(
              image -> {
                assertThat(image.ref().name()).isEqualTo("1.jpg");
                assertThat(image.ref().label()).isEqualTo("a cat");
                assertThat(image.bytes()).isEqualTo(TestImages.jpeg(1, 8, 8));
              });
      assertThat(walked.sidecars).containsExactly("1.cls");
      assertThat(walked.letters).isEmpty();
    }
  }

  private static byte[] ar() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write("!<arch>\n".getBytes(StandardCharsets.US_ASCII));
    put(out, "1.jpg", TestImages.jpeg(1, 8, 8));
    put(out, "1.cls", "a cat".getBytes(StandardCharsets.US_ASCII));
    return out.toByteArray();
  }

  private static void put(ByteArrayOutputStream out, String name, byte[] content)
      throws IOException {
    String header = "%-16s%-12s%-6s%-6s%-8s%-10d`\n".formatted(name, 0, 0, 0, 644, content.length);
    out.write(header.getBytes(StandardCharsets.US_ASCII));
    out.write(content);
    out.write(new byte[content.length % 2]);
  }
}
