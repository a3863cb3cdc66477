package io.swavbeam.pipelines.archive.walk;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.listing.Listings;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.training.ArchiveCopies;
import io.swavbeam.pipelines.training.TrainingImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random folders and archives, compared with their known content. Every entry is an image, a dead
 * letter or a sidecar. Each image has its name, label and bytes. No two images have the same source
 * and position. Training reads the same images as embedding.
 */
class EveryEntryCountsTest {
  @TempDir private Path folder;

  static LongStream seeds() {
    long first = Long.getLong("entries.seed", 1);
    return LongStream.range(first, first + Integer.getInteger("entries.seeds", 40));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void asOneOfThree(long seed) throws Exception {
    Path input = Files.createDirectories(folder.resolve("input"));
    RandomArchives made = new RandomArchives(seed);
    made.fill(input, 3);

    Walked embedded = new Walked();
    InputFiles.Found found = InputFiles.find(List.of(input.toString()));
    embedded.letters.addAll(found.deadLetters());
    for (InputFile file : found.files()) {
      embedded.list(file);
    }
    List<Walked.Image> seen = decodable(embedded);
    assertThat(described(seen)).containsExactlyInAnyOrderElementsOf(made.images());
    assertThat(places(seen)).doesNotHaveDuplicates();
    assertThat(embedded.letters).as("dead letters").hasSize(made.letters());
    assertThat(embedded.sidecars).as("sidecars").hasSize(made.sidecars());

    Walked trained = new Walked();
    Path copies = Files.createDirectories(folder.resolve("copies"));
    Folder kept = Folder.of(folder.resolve("listings"));
    try (TrainingImages training =
            TrainingImages.list(
                List.of(input.toString()),
                new Listings(kept, ImageLimits.DEFAULT),
                ArchiveCopies.in(copies),
                folder);
        Manifest manifest = training.open()) {
      manifest.iterator().forEachRemaining(trained.images::add);
      assertThat(places(decodable(trained))).containsExactlyInAnyOrderElementsOf(places(seen));
      assertThat(trained.letters.size() + training.deadLetters()).isEqualTo(made.letters());
      assertThat(training.sidecars().total()).isEqualTo(made.sidecars());
    }
  }

  /** Returns the images that can be decoded. Others become dead letters. */
  private static List<Walked.Image> decodable(Walked walked) throws IOException {
    List<Walked.Image> decodable = new ArrayList<>();
    try (ImageDecoder decoder = new ImageDecoder(Alpha.WHITE)) {
      for (Walked.Image image : walked.read()) {
        ImageRef ref = image.ref();
        try {
          decoder.decode(image.bytes(), ref.encoding()).close();
          decodable.add(image);
        } catch (UndecodableImageException e) {
          walked.letters.add(
              new DeadLetter(ref.source(), ref.name(), "decode", e.getMessage(), e.kind()));
        }
      }
    }
    return decodable;
  }

  private static List<String> described(List<Walked.Image> images) {
    return images.stream()
        .map(
            image ->
                RandomArchives.describe(image.ref().name(), image.ref().label(), image.bytes()))
        .toList();
  }

  /** Returns the images as training reads them, without labels. */
  private static List<String> places(List<Walked.Image> images) {
    return images.stream()
        .map(
            image ->
                "%s#%d %s %d"
                    .formatted(
                        image.ref().source(),
                        image.ref().position(),
                        image.ref().name(),
                        Arrays.hashCode(image.bytes())))
        .toList();
  }
}
