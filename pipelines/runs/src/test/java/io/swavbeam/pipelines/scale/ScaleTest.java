package io.swavbeam.pipelines.scale;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An archive of half a million images in a process with little memory. */
@Tag("slow")
class ScaleTest {
  /** References to all images would take 150 MB. */
  private static final int IMAGES = 500_000;

  private static final String HEAP = "-Xmx64m";

  @TempDir private Path folder;

  @Test
  void memoryDoesNotGrowWithTheImages() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                HEAP,
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Scale.class.getName(),
                Integer.toString(IMAGES),
                folder.resolve("scale").toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    // 64 parts of 7,812 images, in blocks of 1,024.
    assertThat(said).contains("62 output shards, 7 of them with 49,440 images are left");
  }
}
