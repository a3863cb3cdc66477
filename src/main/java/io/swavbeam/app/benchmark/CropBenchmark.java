package io.swavbeam.app.benchmark;

import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.crops.MultiCrop;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.Picture;
import io.swavbeam.model.image.UndecodableImageException;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.tensorflow.types.TUint8;

/** A measurement of decoding and cropping of JPEGs in one thread. */
final class CropBenchmark {
  private static final int IMAGES = 32;
  private static final int SHAPES = 60;
  private static final double WARM_UP_SECONDS = 5;
  private static final double SECONDS = 10;

  private CropBenchmark() {}

  /**
   * Draws JPEGs, which are the same on every machine: shapes with noise. Decoding them takes about
   * as long as decoding photographs.
   */
  static Path draw(Path folder, int width, int height) throws IOException {
    Files.createDirectories(folder);
    Random random = new Random(1);
    for (int i = 0; i < IMAGES; i++) {
      BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
      Graphics2D graphics = picture.createGraphics();
      for (int shape = 0; shape < SHAPES; shape++) {
        graphics.setColor(new Color(random.nextInt(1 << 24)));
        graphics.fillOval(
            random.nextInt(width) - width / 4,
            random.nextInt(height) - height / 4,
            1 + random.nextInt(width / 2),
            1 + random.nextInt(height / 2));
      }
      graphics.dispose();
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int noise = random.nextInt(8);
          picture.setRGB(x, y, picture.getRGB(x, y) ^ (noise | noise << 8 | noise << 16));
        }
      }
      ImageIO.write(picture, "jpg", folder.resolve("%02d.jpg".formatted(i)).toFile());
    }
    return folder;
  }

  /** Returns images per second. */
  static double measure(SwavConfig recipe, Path folder)
      throws IOException, UndecodableImageException {
    List<byte[]> files = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      files.add(Files.readAllBytes(folder.resolve("%02d.jpg".formatted(i))));
    }
    MultiCrop crops = new MultiCrop(recipe);
    try (ImageDecoder decoder = new ImageDecoder(DecodingConfig.DEFAULT)) {
      repeat(files, decoder, crops, WARM_UP_SECONDS);
      return repeat(files, decoder, crops, SECONDS);
    }
  }

  private static double repeat(
      List<byte[]> files, ImageDecoder decoder, MultiCrop crops, double seconds)
      throws UndecodableImageException {
    long start = System.nanoTime();
    long images = 0;
    while (System.nanoTime() - start < seconds * 1e9) {
      try (MultiCrop.Batch batch = crops.batch(files.size(), 1, images)) {
        for (byte[] file : files) {
          try (Picture image =
              decoder.decode(file, ImageEncoding.FILE, ImageLimits.DEFAULT, batch::reduction)) {
            batch.add(image);
          }
        }
        batch.finish().forEach(TUint8::close);
      }
      images += files.size();
    }
    return images / ((System.nanoTime() - start) / 1e9);
  }
}
