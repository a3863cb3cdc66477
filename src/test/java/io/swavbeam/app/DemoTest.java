package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
  @TempDir private Path folder;

  /** The first thing that anybody runs: it has to work, and features have to beat pixels. */
  @Test
  @Tag("slow")
  void theDemoLearnsMoreThanPixelsShow() throws Exception {
    Path log = folder.resolve("log");
    Process demo =
        Commands.startLong(log, "demo", "--output=" + folder.resolve("demo"), "--steps=300");
    assertThat(demo.waitFor()).as(Files.readString(log)).isZero();
    String said = Files.readString(log);
    assertThat(said).doesNotContain("collapsed", "swav: ");
    assertThat(percent(said, "20-NN accuracy"))
        .isGreaterThan(percent(said, "raw pixels, for comparison: ") + 1);
    assertThat(folder.resolve("demo/shapes-report.html")).isNotEmptyFile();
  }

  private static double percent(String text, String what) {
    Matcher matcher = Pattern.compile(Pattern.quote(what) + " *([0-9.]+) %").matcher(text);
    assertThat(matcher.find()).as(what).isTrue();
    return Double.parseDouble(matcher.group(1));
  }
}
