package io.swavbeam.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
  @TempDir private Path folder;

  /** Users run the demo first. It must work, and its features must be better than pixels. */
  @Test
  @Tag("slow")
  void theDemoLearnsMoreThanPixelsShow() {
    Outcome demo =
        Commands.swav("demo", "--output=" + folder.resolve("demo"), "--steps=400")
            .succeededQuietly();
    assertThat(demo.out()).doesNotContain("collapsed");
    assertThat(percent(demo.out(), "20-NN accuracy"))
        .isGreaterThan(percent(demo.out(), "raw pixels, for comparison: ") + 1);
    assertThat(folder.resolve("demo/shapes-report.html")).isNotEmptyFile();
  }

  private static double percent(String text, String what) {
    Matcher matcher = Pattern.compile(Pattern.quote(what) + " *([0-9.]+) %").matcher(text);
    assertThat(matcher.find()).as(what).isTrue();
    return Double.parseDouble(matcher.group(1));
  }
}
