package io.swavbeam.app.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.Presets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of steps with real processes. */
@Tag("slow")
class PresetTableTest {
  @TempDir Path folder;

  @Test
  void hasARowForEachNetworkAndPrecision() throws Exception {
    Path small =
        Files.writeString(
            folder.resolve("small.json"),
            ConfigJson.write(Presets.load("demo").withoutQueue().withBatchSize(2)));
    Path twin = Files.copy(small, folder.resolve("twin.json"));

    Outcome benchmark =
        Commands.swav("benchmark", "--presets=%s,%s".formatted(small, twin), "--precision=float32")
            .succeeded();
    List<String> lines = benchmark.out().lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(3))
        .startsWith("%s, %s".formatted(small, twin))
        .matches(".* +2 +40 float32 +[\\d.]+ / [\\d.]+ / [\\d.]+  (\\d+ %|unknown)");
  }
}
