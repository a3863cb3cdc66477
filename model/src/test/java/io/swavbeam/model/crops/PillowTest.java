package io.swavbeam.model.crops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.image.Picture;
import io.swavbeam.model.parity.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TUint8;

/** Compares scaled images with those of Pillow, which {@code resize.py} has written. */
class PillowTest {
  private static JsonNode cases;

  @BeforeAll
  static void read() throws IOException {
    try (InputStream in = PillowTest.class.getResourceAsStream("/pillow/resize.json")) {
      cases = new ObjectMapper().readTree(in);
    }
  }

  @Test
  void cropsAndResizes() {
    for (JsonNode row : cases.get("crop")) {
      byte[] square = square(row.get(6).asInt());
      try (TUint8 image = picture(row)) {
        CropBox box =
            new CropBox(
                row.get(2).asInt(), row.get(3).asInt(), row.get(4).asInt(), row.get(5).asInt());
        new CropResizer().crop(Picture.whole(image), box, row.get(6).asInt(), square);
      }
      assertThat(crc(square)).as("%s", row).isEqualTo(row.get(7).asLong());
    }
  }

  @Test
  void takesTheMiddleOfTheScaledImage() {
    for (JsonNode row : cases.get("middle")) {
      int size = row.get(3).asInt();
      EvaluationConfig evaluation = new EvaluationConfig(row.get(2).asInt(), size);
      try (TUint8 image = picture(row);
          TUint8 batch = TUint8.tensorOf(Shape.of(2, size, size, 3))) {
        new CenterCrop(evaluation).write(image, batch, 1);
        byte[] both = Tensors.bytes(batch);
        byte[] view = new byte[both.length / 2];
        System.arraycopy(both, view.length, view, 0, view.length);
        assertThat(crc(view)).as("%s", row).isEqualTo(row.get(4).asLong());
      }
    }
  }

  /** Draws the same picture as the script. */
  private static TUint8 picture(JsonNode row) {
    byte[] values = new byte[row.get(0).asInt() * row.get(1).asInt() * 3];
    long state = 1;
    for (int i = 0; i < values.length; i++) {
      state = (state * 1103515245 + 12345) % (1L << 31);
      values[i] = (byte) (state >> 16);
    }
    return Tensors.bytes(values, row.get(0).asInt(), row.get(1).asInt(), 3);
  }

  private static byte[] square(int size) {
    return new byte[size * size * 3];
  }

  private static long crc(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return crc.getValue();
  }
}
