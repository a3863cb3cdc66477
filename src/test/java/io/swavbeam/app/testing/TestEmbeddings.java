package io.swavbeam.app.testing;

import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.testing.TinyRecipe;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.function.IntFunction;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Writes folders of embeddings like {@code swav embed}. */
public final class TestEmbeddings {
  public static final String MODEL = "swav-0123456789ab-step-7";
  private static final int CLASSES = 3;
  public static final int PROTOTYPES = 4;
  private static final int DIMENSIONS = 6;

  private static final ModelDescription DESCRIPTION =
      new ModelDescription(
          MODEL, TinyRecipe.RECIPE.evaluation(), 0.1, PROTOTYPES, DecodingConfig.FIRST, null, null);

  private TestEmbeddings() {}

  /** Writes a folder. */
  public static void write(Path folder, int count, IntFunction<Embedding> rows) throws IOException {
    Files.createDirectories(folder);
    try (FileChannel channel =
            FileChannel.open(
                folder.resolve("embeddings-%d.parquet".formatted(System.nanoTime())),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE);
        EmbeddingFiles.Writer writer = new EmbeddingFiles.Writer(channel, DESCRIPTION)) {
      for (int i = 0; i < count; i++) {
        writer.write(rows.apply(i));
      }
    }
  }

  /**
   * Returns a row of one of three separate classes, in one of four clusters that mostly match the
   * class.
   */
  public static Embedding row(int number) {
    return row(number, "class" + number % CLASSES, MODEL, 1);
  }

  public static Embedding row(int number, @Nullable String label, String model, float scale) {
    Random random = new Random(number);
    float[] features = new float[DIMENSIONS];
    for (int j = 0; j < DIMENSIONS; j++) {
      features[j] = scale * (float) (random.nextGaussian() + (j == number % CLASSES ? 4 : 0));
    }
    return new Embedding(
        "photos.tar",
        number,
        "photos/%03d.jpg".formatted(number),
        label,
        features,
        new float[] {1, 0},
        random.nextInt(8) == 0 ? 3 : number % CLASSES,
        random.nextFloat(),
        model);
  }
}
