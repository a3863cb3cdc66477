package io.swavbeam.app.benchmark;

import io.swavbeam.app.images.ImageKey;
import io.swavbeam.app.images.SourceImages;
import io.swavbeam.model.crops.CenterCrop;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TUint8;

/**
 * A measurement of the cost of embedding besides the network, in seconds of one core per image.
 * Together with the cost of the network, it gives the largest possible rate.
 */
final class EmbeddingCost {
  private static final int IMAGES = 4_000;
  private static final int ROUNDS = 3; // only the last round is measured

  private final List<Embedding> rows = new ArrayList<>();

  /**
   * @param embeddings the embeddings whose images and rows are used, at most some thousand
   */
  EmbeddingCost(Folder embeddings) throws IOException {
    EmbeddingFiles.read(
        embeddings,
        row -> {
          if (rows.size() < IMAGES) {
            rows.add(row);
          }
        });
  }

  /** Returns the cost of finding, reading, decoding and scaling an image. */
  double decoding(ModelDescription model) throws IOException {
    Map<String, Map<ImageKey, Integer>> files = new HashMap<>();
    for (Embedding row : rows) {
      ImageKey key = ImageKey.of(row);
      files.computeIfAbsent(key.file(), file -> new HashMap<>()).put(key, 0);
    }
    CenterCrop crop = new CenterCrop(model.evaluation());
    int side = model.evaluation().imageSize();
    long nanos = 0;
    try (SourceImages images =
            new SourceImages(SampleFields.DEFAULT, model.decoding(), crop::reduction);
        TUint8 square = TUint8.tensorOf(Shape.of(1, side, side, 3))) {
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        files.forEach(
            (file, wanted) ->
                images.visit(file, wanted, (index, image) -> crop.write(image, square, 0)));
        nanos = System.nanoTime() - start;
      }
    }
    return nanos / 1e9 / rows.size();
  }

  /** Returns the cost of writing a row to Parquet. */
  double writing(ModelDescription model, Path folder) throws IOException {
    long nanos = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Path file = folder.resolve("rows-%d.parquet".formatted(round));
      long start = System.nanoTime();
      try (WritableByteChannel channel = Channels.newChannel(Files.newOutputStream(file));
          EmbeddingFiles.Writer writer = new EmbeddingFiles.Writer(channel, model)) {
        for (Embedding row : rows) {
          writer.write(row);
        }
      }
      nanos = System.nanoTime() - start;
    }
    return nanos / 1e9 / rows.size();
  }
}
