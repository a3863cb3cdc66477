package io.swavbeam.app.testing;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.model.testing.TinyRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Images on disk, and a run that was trained on some of them. */
public final class TestPhotos {
  private TestPhotos() {}

  /**
   * Writes twenty images of each of two classes.
   *
   * @return {@code photos} in the folder, with {@code cat} and {@code dog} in it
   */
  public static Path catsAndDogs(Path folder) throws IOException {
    Path photos = folder.resolve("photos");
    for (int i = 0; i < 40; i++) {
      Path file = photos.resolve(i % 2 == 0 ? "cat" : "dog").resolve("%02d.jpg".formatted(i));
      Files.createDirectories(file.getParent());
      Files.write(file, TestImages.jpeg(i % 2, 24, 24 + i % 5));
    }
    return photos;
  }

  /**
   * Writes the small recipe of the tests, {@code tiny.json} in the folder, and returns its path.
   */
  public static Path recipe(Path folder) throws IOException {
    return Files.writeString(folder.resolve("tiny.json"), ConfigJson.write(TinyRecipe.RECIPE));
  }

  /**
   * Trains on sixteen images, {@code photos} in the folder, with {@link #recipe}.
   *
   * @return the run directory
   */
  public static Path train(Path folder, int steps) throws IOException {
    Path photos = Files.createDirectories(folder.resolve("photos"));
    for (int i = 0; i < 16; i++) {
      Files.write(photos.resolve(i + ".jpg"), TestImages.jpeg(i % 2, 24, 24));
    }
    Path run = folder.resolve("run");
    Commands.swav(
            "train",
            "--input=" + photos,
            "--output=" + run,
            "--preset=" + recipe(folder),
            "--steps=" + steps)
        .succeededQuietly();
    return run;
  }
}
