package io.swavbeam.app.model;

import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.ConsoleProgress;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.embedding.EmbeddingConsole;
import io.swavbeam.app.runner.FlinkOptions;
import io.swavbeam.app.runner.FlinkSetup;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.run.TemporaryFolder;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.run.EmbeddingRun;
import io.swavbeam.pipelines.run.ImageSource;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.zip.CRC32C;

/**
 * The prototypes for a network without suitable prototypes: the centres of spherical k-means on the
 * projections of some images, or on their features if the network has no projection head.
 */
final class FoundPrototypes {
  /** The largest number of floats in memory: 256 MB. */
  private static final long MAX_NUMBERS = 64 << 20;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Ranked(long rank, String source, long position, float[] row) {}

  private FoundPrototypes() {}

  /**
   * Computes prototypes.
   *
   * @param model the model that embeds the images
   * @param options the images and their decoding
   * @return {@code [count][dim]}, with unit norm
   * @throws CommandFailedException in one line, if there are fewer images than prototypes
   */
  static float[][] of(Path model, ImportOptions options, Console console) throws Exception {
    try (TemporaryFolder temporary = new TemporaryFolder("swav-prototypes-")) {
      Path folder = temporary.path();
      Folder embeddings = Folder.of(folder.resolve("embeddings"));
      FlinkSetup.prepare(options.as(FlinkOptions.class));
      EmbeddingConsole.run(
          EmbeddingRun.of(
              EmbedImages.ofImages(model.toString())
                  .withDecoding(Options.decoding(options, Embedder.describe(model).present()))
                  .withLimits(Options.limits(options)),
              new ImageSource.Archive(options.getInput()),
              embeddings),
          options,
          console);
      int count = options.getPrototypes();
      long seed = options.getSeed();
      List<float[]> rows = rows(embeddings, seed);
      if (rows.size() < count) {
        throw new CommandFailedException(
            "%,d prototypes need at least as many images, but there are %,d: give --prototypes=%d"
                .formatted(count, rows.size(), Math.max(2, rows.size() / 10)));
      }
      return SphericalKMeans.centres(rows, count, seed, new ConsoleProgress(console));
    }
  }

  /** Returns a sample of the rows by the smallest hashes. Equal seeds give the same images. */
  private static List<float[]> rows(Folder embeddings, long seed) throws IOException {
    PriorityQueue<Ranked> kept =
        new PriorityQueue<>(Comparator.comparingLong(Ranked::rank).reversed());
    EmbeddingFiles.read(
        embeddings,
        embedding -> {
          float[] row =
              embedding.projection() == null ? embedding.embedding() : embedding.projection();
          kept.add(
              new Ranked(
                  rank(embedding, seed),
                  embedding.source(),
                  embedding.position(),
                  SphericalKMeans.unit(row)));
          if (kept.size() > MAX_NUMBERS / row.length) {
            kept.remove();
          }
        });
    return kept.stream()
        .sorted(Comparator.comparing(Ranked::source).thenComparingLong(Ranked::position))
        .map(Ranked::row)
        .toList();
  }

  private static long rank(Embedding embedding, long seed) {
    CRC32C hash = new CRC32C();
    hash.update((seed + " " + embedding.name()).getBytes(StandardCharsets.UTF_8));
    return hash.getValue();
  }
}
