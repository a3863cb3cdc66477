package io.swavbeam.model.crops;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.image.Picture;
import io.swavbeam.model.parity.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tensorflow.types.TUint8;

class CropResizerTest {
  private static final int HEIGHT = 40;
  private static final int WIDTH = 50;

  @Test
  void copiesABoxOfTheRightSize() {
    byte[] image = randomImage();
    byte[] crop = crop(image, 10, new CropBox(3, 7, 10, 10));
    for (int y = 0; y < 10; y++) {
      int at = ((3 + y) * WIDTH + 7) * 3;
      assertThat(Arrays.copyOfRange(crop, y * 30, y * 30 + 30))
          .isEqualTo(Arrays.copyOfRange(image, at, at + 30));
    }
  }

  /** Without antialiasing, a quarter of noise would still be noise. */
  @Test
  void averagesWhereItShrinks() {
    double spread = 0;
    byte[] crop = crop(randomImage(), 10, new CropBox(0, 0, 40, 40));
    for (byte value : crop) {
      spread += Math.pow(Byte.toUnsignedInt(value) - 127.5, 2);
    }
    // Noise of 74 levels under a triangle of 8x8 pixels, whose weights have a square sum of 1 / 36.
    assertThat(Math.sqrt(spread / crop.length)).isBetween(9.0, 17.0);
  }

  @Test
  void interpolatesWhereItGrows() {
    byte[] image = new byte[HEIGHT * WIDTH * 3];
    for (int i = 0; i < image.length; i++) {
      image[i] = (byte) (10 * (i / 3 % WIDTH % 2)); // columns of 0 and 10
    }
    byte[] crop = crop(image, 8, new CropBox(0, 0, 2, 2));
    // Centres at 1/8, 3/8 and so on of the two columns, half a pixel in from their edges.
    for (int x = 0; x < 8; x++) {
      double expected = 10 * Math.max(0, Math.min(1, (x + 0.5) / 4 - 0.5));
      assertThat((double) crop[3 * x]).isBetween(expected - 0.51, expected + 0.51);
    }
  }

  @Test
  void knowsNothingOfThePixelsAroundTheBox() {
    byte[] image = new byte[HEIGHT * WIDTH * 3];
    Arrays.fill(image, (byte) 255);
    for (int y = 4; y < 36; y++) {
      Arrays.fill(image, (y * WIDTH + 4) * 3, (y * WIDTH + 36) * 3, (byte) 20);
    }
    for (byte value : crop(image, 9, new CropBox(4, 4, 32, 32))) {
      assertThat(value).isEqualTo((byte) 20);
    }
  }

  /** The longest possible side. The memory of scaling grows with it. */
  @Test
  void takesTheThinnestImage() {
    int length = 1 << 20;
    byte[] image = new byte[length * 3];
    Arrays.fill(image, (byte) 77);
    byte[] square = new byte[16 * 16 * 3];
    try (TUint8 wide = Tensors.bytes(image, 1, length, 3);
        TUint8 high = Tensors.bytes(image, length, 1, 3);
        TUint8 batch = Tensors.bytes(new byte[2 * square.length], 2, 16, 16, 3)) {
      for (TUint8 thin : List.of(wide, high)) {
        int height = (int) thin.shape().get(0);
        int width = (int) thin.shape().get(1);
        new CropResizer().crop(Picture.whole(thin), new CropBox(0, 0, height, width), 16, square);
        assertThat(square).containsOnly((byte) 77);
        new CenterCrop(new EvaluationConfig(5000, 16)).write(thin, batch, 1);
        byte[] both = Tensors.bytes(batch);
        assertThat(Arrays.copyOfRange(both, square.length, both.length)).containsOnly((byte) 77);
      }
    }
  }

  private static byte[] randomImage() {
    byte[] image = new byte[HEIGHT * WIDTH * 3];
    new Random(1).nextBytes(image);
    return image;
  }

  private static byte[] crop(byte[] image, int size, CropBox box) {
    byte[] square = new byte[size * size * 3];
    try (TUint8 input = Tensors.bytes(image, HEIGHT, WIDTH, 3)) {
      new CropResizer().crop(Picture.whole(input), box, size, square);
    }
    return square;
  }
}
