package io.swavbeam.model.parity;

import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/** Converts between Java arrays and tensors. */
public final class Tensors {
  private Tensors() {}

  public static TFloat32 of(Safetensors.Array array) {
    return TFloat32.tensorOf(Shape.of(array.shape()), DataBuffers.of(array.floats()));
  }

  public static TUint8 bytes(byte[] values, long... shape) {
    return TUint8.tensorOf(Shape.of(shape), DataBuffers.of(values));
  }

  public static float[] floats(TFloat32 tensor) {
    float[] values = new float[Math.toIntExact(tensor.size())];
    tensor.asRawTensor().data().asFloats().read(values);
    return values;
  }

  public static byte[] bytes(TUint8 tensor) {
    byte[] values = new byte[Math.toIntExact(tensor.size())];
    tensor.asRawTensor().data().read(values);
    return values;
  }
}
