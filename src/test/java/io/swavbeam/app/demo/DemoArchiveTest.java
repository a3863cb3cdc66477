package io.swavbeam.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.command.Progress;
import io.swavbeam.app.evaluation.neighbours.WeightedKnn;
import io.swavbeam.app.evaluation.sample.Splitter;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.training.ArchiveCopies;
import io.swavbeam.pipelines.training.ListedImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoArchiveTest {
  @TempDir private Path folder;

  @Tag("slow")
  @Test
  void isAlwaysTheSameAndNotSolvedByPixels() throws Exception {
    Path first = folder.resolve("a.tar");
    Path second = folder.resolve("b.tar");
    DemoArchive.write(first, DemoArchive.IMAGES);
    DemoArchive.write(second, DemoArchive.IMAGES);
    assertThat(Files.mismatch(first, second)).isEqualTo(-1);

    Splitter.Split pixels =
        RawPixels.readAndHoldOut(
            ListedImages.of(List.of(InputFiles.of(first)), ArchiveCopies.NONE), 0.1);
    assertThat(pixels.train().size() + pixels.test().size()).isEqualTo(DemoArchive.IMAGES);
    assertThat(new HashSet<>(pixels.train().labels())).hasSize(8);
    assertThat(
            new WeightedKnn(List.of(20), 0.07)
                .accuracies(pixels.train(), pixels.test(), Progress.NONE)
                .get(0))
        .isBetween(0.125, 0.7);
  }
}
