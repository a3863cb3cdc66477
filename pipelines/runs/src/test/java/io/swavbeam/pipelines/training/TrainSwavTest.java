package io.swavbeam.pipelines.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.model.testing.TinyRecipe;
import io.swavbeam.model.training.TrainerSettings;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.listing.Listings;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.run.TrainingRun;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainSwavTest {
  private static final int STEPS = 9;
  private static final SwavConfig RECIPE = TinyRecipe.RECIPE.withBatchSize(34);

  @TempDir private Path folder;

  @Tag("slow")
  @Test
  void endsWithTheSameModelWhateverTheParallelism() throws Exception {
    Path tar = Files.write(folder.resolve("images.tar"), TestArchives.tar(10));
    Map<String, byte[]> one = train(tar, folder.resolve("one"), 1);
    assertThat(one).containsKey("step-9/variables.index");
    assertSame(train(tar, folder.resolve("four"), 4), one);
    // The same archive as a gzip file, which is copied.
    Path gzip = Files.write(folder.resolve("images.tgz"), TestArchives.gzip(TestArchives.tar(10)));
    assertSame(train(gzip, folder.resolve("gzip"), 2), one);
    assertThat(train(tar, folder.resolve("one"), 1)).as("a finished run").hasSameSizeAs(one);
  }

  @Tag("slow")
  @Test
  void replacesWhatItCannotReadAndSaysSo() throws Exception {
    Path photos = folder.resolve("photos");
    Files.createDirectories(photos);
    for (int i = 0; i < 6; i++) {
      Files.write(photos.resolve(i + ".jpg"), TestImages.jpeg(i, 20, 20));
    }
    Files.writeString(photos.resolve("text.jpg"), "this is no image");
    Files.write(photos.resolve("empty.png"), new byte[0]);
    Map<String, byte[]> first = train(photos, folder.resolve("a"), 1);
    assertSame(train(photos, folder.resolve("b"), 3), first);
    String letters =
        Files.readString(folder.resolve("a/dead-letters/images.jsonl"), StandardCharsets.UTF_8);
    // An empty file is detected by the listing.
    assertThat(letters.lines()).hasSize(1);
    assertThat(letters)
        .contains(
            "\"name\":\"text.jpg\"",
            "\"error\":\"not a JPEG, PNG, GIF, BMP, WebP, TIFF, PNM, ICO, TGA, HEIC or AVIF\"");
  }

  @Test
  void failsInOneLineWhereNothingCanBeRead() throws Exception {
    Path photos = Files.createDirectories(folder.resolve("photos"));
    Files.writeString(photos.resolve("text.jpg"), "this is no image");
    assertThatThrownBy(() -> train(photos, folder.resolve("run"), 2))
        .hasStackTraceContaining("none of the 1 images can be read: not a JPEG");
    Path notes = Files.createDirectories(folder.resolve("notes"));
    Files.writeString(notes.resolve("note.txt"), "hello");
    assertThatThrownBy(() -> train(notes, folder.resolve("other"), 2))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nothing there is an image");
  }

  @Test
  void manifestsKeepEverythingButTheLabel() throws Exception {
    Path tar = Files.write(folder.resolve("images.tar"), TestArchives.tar(10));
    List<ImageRef> labelled = ListedImages.of(List.of(InputFiles.of(tar)), ArchiveCopies.NONE);
    try (TrainingImages found =
            TrainingImages.list(
                List.of(tar.toString()),
                new Listings(Folder.of(folder.resolve("listings")), ImageLimits.DEFAULT),
                ArchiveCopies.NONE,
                folder);
        Manifest read = found.open()) {
      assertThat(read.size()).isEqualTo(10);
      assertThat(labelled.get(3).label()).isEqualTo("dog");
      assertThat(read.get(3).label()).isNull();
      assertThat(read.get(3).name()).isEqualTo(labelled.get(3).name());
      assertThat(read.get(3).offset()).isEqualTo(labelled.get(3).offset());
      assertThat(read.get(3).encoding()).isEqualTo(labelled.get(3).encoding());
      assertThat(read.digest()).isEqualTo(found.digest());
      assertThat(Manifest.write(folder.resolve("fewer"), labelled.subList(1, 10)))
          .isNotEqualTo(found.digest());
    }
  }

  private static Map<String, byte[]> train(Path input, Path output, int parallelism)
      throws Exception {
    DirectOptions options = PipelineOptionsFactory.as(DirectOptions.class);
    options.setTargetParallelism(parallelism);
    TrainingRun.of(RECIPE, List.of(input.toString()), output)
        .withSeed(3)
        .withSteps(STEPS)
        .withMaxUnreadable(0.5)
        .withSplits(parallelism)
        .withTrainerSettings(new TrainerSettings(2, 4, 2, 0, 1))
        .run(options);
    Map<String, byte[]> files = new TreeMap<>();
    Path checkpoints = output.resolve("checkpoints");
    try (Stream<Path> walk = Files.walk(checkpoints)) {
      for (Path file : walk.filter(Files::isRegularFile).toList()) {
        files.put(checkpoints.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }

  private static void assertSame(Map<String, byte[]> actual, Map<String, byte[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, bytes) -> assertThat(actual.get(name)).as(name).isEqualTo(bytes));
  }
}
