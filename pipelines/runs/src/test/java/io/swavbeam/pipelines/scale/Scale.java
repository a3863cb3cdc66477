package io.swavbeam.pipelines.scale;

import io.swavbeam.model.config.Shuffle;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.listing.FoundFiles;
import io.swavbeam.pipelines.listing.InputGroup;
import io.swavbeam.pipelines.listing.Listing;
import io.swavbeam.pipelines.listing.Listings;
import io.swavbeam.pipelines.listing.LoadedShard;
import io.swavbeam.pipelines.listing.OutputShard;
import io.swavbeam.pipelines.manifest.ImageOrder;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.output.Resumed;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.training.ArchiveCopies;
import io.swavbeam.pipelines.training.TrainingImages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/**
 * Measures an archive with many images: listing, beginning and resuming a training, reading images
 * in the order of an epoch, and resuming an embedding with nine tenths of the rows. The archive is
 * synthetic; listings and manifest are real.
 *
 * <p>Arguments: the number of images, and a folder. Prints a line for each part. The memory is
 * limited by Java options: {@code -Xmx128m} is enough for any number.
 */
public final class Scale {
  private static final int READS = 200_000;

  private Scale() {}

  /** Prints the figures. */
  public static void main(String[] arguments) throws Exception {
    long images = Long.parseLong(arguments[0]);
    Path folder = Files.createDirectories(Path.of(arguments[1]));
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
    List<String> inputs = List.of(SyntheticFiles.tar(images));
    Folder listings = Folder.of(folder.resolve("listings"));
    Path run = Files.createDirectories(folder.resolve("run"));

    timed("listing it once", () -> list(inputs, listings).forEach(one -> {}));
    timed("the beginning of a training", () -> begin(inputs, listings, run));
    timed("its beginning again", () -> begin(inputs, listings, run));
    timed("reading %,d images in an epoch's order".formatted(READS), () -> read(run, images));
    List<OutputShard> shards = list(inputs, listings);
    Folder embeddings = Folder.of(folder.resolve("embeddings"));
    Resumed.write(embeddings, shards.subList(0, shards.size() * 9 / 10));
    long[] left = new long[2];
    timed("what is left of embeddings, nine tenths done", () -> left(embeddings, shards, left));
    System.out.printf(
        "%,d output shards, %,d of them with %,d images are left%n",
        shards.size(), left[0], left[1]);
    System.out.printf(
        "%,d bytes an image for the listing, %,d for the manifest%n",
        size(Path.of(listings.path())) / images, size(run) / images);
    AtomicFiles.delete(folder);
  }

  private interface Part {
    void run() throws Exception;
  }

  private static void timed(String what, Part part) throws Exception {
    long start = System.nanoTime();
    part.run();
    System.out.printf("%s: %.1f s%n", what, (System.nanoTime() - start) / 1e9);
  }

  private static List<OutputShard> list(List<String> inputs, Folder kept) throws IOException {
    List<OutputShard> shards = new ArrayList<>();
    Listings listings = new Listings(kept, ImageLimits.DEFAULT);
    FoundFiles.find(
        inputs,
        kept,
        new FoundFiles.Visitor() {
          @Override
          public void group(InputGroup group) throws IOException {
            try (Listing listing =
                listings.of(
                    group,
                    letter -> {
                      throw new IllegalStateException(letter.toJson());
                    })) {
              shards.addAll(listing.shards(group));
            }
          }

          @Override
          public void deadLetter(DeadLetter letter) {
            throw new IllegalStateException(letter.toJson());
          }
        });
    return shards;
  }

  private static void begin(List<String> inputs, Folder listings, Path run) throws IOException {
    Path manifest = run.resolve("manifest");
    try (TrainingImages found =
        TrainingImages.list(
            inputs,
            new Listings(listings, ImageLimits.DEFAULT),
            ArchiveCopies.NONE,
            run,
            manifest)) {
      found.moveManifest(manifest);
    }
  }

  private static void read(Path run, long images) throws IOException {
    ImageOrder order = ImageOrder.of(Shuffle.FEISTEL, 1, images);
    try (Manifest manifest = Manifest.read(run.resolve("manifest"))) {
      for (int position = 0; position < READS; position++) {
        long image = order.imageOf(position, 0);
        if (manifest.get(image).offset() != (2 * image + 1) * 512) {
          throw new IllegalStateException("not image %d".formatted(image));
        }
      }
    }
  }

  private static void left(Folder embeddings, List<OutputShard> shards, long[] left)
      throws IOException {
    try (Resumed resumed = Resumed.of(embeddings)) {
      for (OutputShard shard : shards) {
        if (!resumed.isWhole(shard)) {
          left[0]++;
          LoadedShard loaded = shard.load();
          left[1] += loaded.filter(resumed.wantedOf(loaded)).images().size();
        }
      }
    }
  }

  private static long size(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(Scale::length).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long length(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
