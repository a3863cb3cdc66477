package io.swavbeam.model.crops;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.Decode;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.Picture;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.model.testing.TinyRecipe;
import java.awt.image.BufferedImage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.types.TUint8;

/** JPEGs that are reduced while they are decoded show the same as others. */
class ReducedPictureTest {
  // So that the last squares of 2, 4 and 8 pixels extend beyond the picture by one to five pixels.
  private static final int HEIGHT = 179;
  private static final int WIDTH = 243;
  private static final int SIZE = 10;

  private static final ImageDecoder SCALED =
      new ImageDecoder(DecodingConfig.of(Alpha.WHITE, Decode.SCALED));

  @AfterAll
  static void close() {
    SCALED.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void showTheSameInEachOrientation(int orientation) throws Exception {
    byte[] jpeg = TestImages.withOrientation(TestImages.fineJpeg(slopes(), false), orientation);
    boolean rotated = orientation >= 5;
    int height = rotated ? WIDTH : HEIGHT;
    int width = rotated ? HEIGHT : WIDTH;
    CropBox box = new CropBox(5, 3, 161, 167);
    try (Picture whole = decode(jpeg, 1)) {
      assertThat(whole.pixels().shape().asArray()).containsExactly(height, width, 3);
      for (int reduction = 2; reduction <= 8; reduction *= 2) {
        try (Picture reduced = decode(jpeg, reduction)) {
          assertThat(reduced.height()).isEqualTo(height);
          assertThat(reduced.width()).isEqualTo(width);
          assertThat(reduced.pixels().shape().asArray())
              .containsExactly(
                  (height + reduction - 1) / reduction, (width + reduction - 1) / reduction, 3);
          assertThat(meanDifference(crop(whole, box), crop(reduced, box)))
              .as("crops at 1/%d", reduction)
              .isLessThan(0.7);
          assertThat(meanDifference(middle(whole), middle(reduced)))
              .as("middles at 1/%d", reduction)
              .isLessThan(0.7);
        }
      }
    }
  }

  /** Draws colours that rise by at least one level per pixel in both directions. */
  private static BufferedImage slopes() {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        int red = 255 * x / (WIDTH - 1);
        int green = 255 * y / (HEIGHT - 1);
        image.setRGB(x, y, red << 16 | green << 8 | 128);
      }
    }
    return image;
  }

  private static Picture decode(byte[] jpeg, int reduction) throws UndecodableImageException {
    return SCALED.decode(
        jpeg, ImageEncoding.FILE, ImageLimits.DEFAULT, (height, width) -> reduction);
  }

  private static byte[] crop(Picture picture, CropBox box) {
    byte[] square = new byte[SIZE * SIZE * 3];
    new CropResizer().crop(picture, box, SIZE, square);
    return square;
  }

  private static byte[] middle(Picture picture) {
    try (TUint8 batch = Tensors.bytes(new byte[SIZE * SIZE * 3], 1, SIZE, SIZE, 3)) {
      new CenterCrop(new EvaluationConfig(SIZE + 1, SIZE)).write(picture, batch, 0);
      return Tensors.bytes(batch);
    }
  }

  private static double meanDifference(byte[] expected, byte[] found) {
    double sum = 0;
    for (int i = 0; i < expected.length; i++) {
      sum += Math.abs(Byte.toUnsignedInt(expected[i]) - Byte.toUnsignedInt(found[i]));
    }
    return sum / expected.length;
  }

  @ParameterizedTest
  @CsvSource({
    "511, 1",
    "1023, 1",
    "1024, 2",
    "2047, 2",
    "2048, 4",
    "4095, 4",
    "4096, 8",
    "90000, 8"
  })
  void stayTwiceAsLargeAsTheyAreScaledTo(int side, int reduction) {
    CenterCrop crop = new CenterCrop(new EvaluationConfig(256, 224));
    assertThat(crop.reduction(side, 90_000)).isEqualTo(reduction);
    assertThat(crop.reduction(90_000, side)).isEqualTo(reduction);
  }

  @ParameterizedTest
  @CsvSource({"90, 110, 1, 2", "180, 220, 2, 4"})
  void theSmallestBoxOfAllCropsDecides(int height, int width, int least, int most) {
    MultiCrop crops = new MultiCrop(TinyRecipe.RECIPE);
    int[] counts = new int[9];
    for (int position = 0; position < 1000; position++) {
      int reduction = crops.reduction(1, position, height, width);
      counts[reduction]++;
      int view = 0;
      for (var spec : TinyRecipe.RECIPE.crops()) {
        for (int i = 0; i < spec.count(); i++) {
          CropBox box =
              CropParameters.draw(
                      1, position, view++, height, width, spec, TinyRecipe.RECIPE.augmentation())
                  .box();
          assertThat(Math.min(box.height(), box.width())).isGreaterThanOrEqualTo(2 * reduction);
          if (reduction > 1) {
            assertThat(Math.min(box.height(), box.width()))
                .isGreaterThanOrEqualTo(2 * spec.size() * reduction);
          }
        }
      }
      assertThat(reduction).isEqualTo(crops.reduction(1, position, height, width));
    }
    assertThat(counts[least]).isPositive();
    assertThat(counts[most]).isPositive();
  }

  @Test
  void onlyJpegsAreReducedAndOnlyWhereThatIsWanted() throws Exception {
    byte[] png = TestImages.encode(slopes(), "png");
    try (Picture whole = decode(png, 8);
        ImageDecoder full = new ImageDecoder(Alpha.WHITE);
        Picture alsoWhole =
            full.decode(
                TestImages.jpeg(1, HEIGHT, WIDTH),
                ImageEncoding.FILE,
                ImageLimits.DEFAULT,
                (height, width) -> 8)) {
      assertThat(whole.reduction()).isOne();
      assertThat(alsoWhole.reduction()).isOne();
    }
  }
}
