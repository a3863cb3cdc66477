package io.swavbeam.model.image;

import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TUint8;

/** Images as tensors of shape {@code [height, width, 3] uint8}: red, green, blue. */
final class Pixels {
  static final int CHANNELS = 3;

  private Pixels() {}

  static TUint8 tensor(byte[] interleaved, int height, int width) {
    return TUint8.tensorOf(Shape.of(height, width, CHANNELS), DataBuffers.of(interleaved));
  }

  static byte[] bytes(TUint8 image) {
    byte[] bytes = new byte[Math.toIntExact(image.size())];
    image.asRawTensor().data().read(bytes);
    return bytes;
  }
}
