package io.swavbeam.model.layers;

import java.util.Arrays;
import java.util.List;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.FloatDataBuffer;
import org.tensorflow.types.TFloat32;

/**
 * The conversion of weights between PyTorch's layout and that of the variables here. A convolution
 * kernel is {@code [out, in, height, width]} in PyTorch and {@code [height, width, in, out]} here.
 * A linear weight is {@code [out, in]} in PyTorch and {@code [in, out]} here. Other tensors are the
 * same.
 */
public final class TorchLayout {
  private static final int KERNEL = 4;
  private static final int MATRIX = 2;
  private static final String PROTOTYPES = "prototypes.";

  private TorchLayout() {}

  /**
   * Creates the tensor of a variable from PyTorch's numbers.
   *
   * @param name the name of the variable
   * @param shape the shape in PyTorch
   * @param numbers the numbers in PyTorch's order
   * @return the tensor, to be closed by the caller
   */
  public static TFloat32 tensor(String name, List<Long> shape, float[] numbers) {
    TFloat32 tensor = TFloat32.tensorOf(Shape.of(here(name, shape)));
    FloatDataBuffer data = tensor.asRawTensor().data().asFloats();
    if (!isTransposed(name, shape)) {
      data.write(numbers);
      return tensor;
    }
    // Plane by plane, so that no second copy of the whole is needed.
    int out = Math.toIntExact(shape.get(0));
    int in = Math.toIntExact(shape.get(1));
    int planes = planes(shape);
    float[] plane = new float[in * out];
    for (int p = 0; p < planes; p++) {
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          plane[i * out + o] = numbers[(o * in + i) * planes + p];
        }
      }
      data.slice((long) p * plane.length, plane.length).write(plane);
    }
    return tensor;
  }

  /**
   * Returns the numbers of a variable in PyTorch's order.
   *
   * @param name the name of the variable
   * @param shape the shape in PyTorch, see {@link #there}
   */
  public static float[] numbers(String name, List<Long> shape, TFloat32 value) {
    float[] numbers = new float[Math.toIntExact(value.size())];
    FloatDataBuffer data = value.asRawTensor().data().asFloats();
    if (!isTransposed(name, shape)) {
      data.read(numbers);
      return numbers;
    }
    int out = Math.toIntExact(shape.get(0));
    int in = Math.toIntExact(shape.get(1));
    int planes = planes(shape);
    float[] plane = new float[in * out];
    for (int p = 0; p < planes; p++) {
      data.slice((long) p * plane.length, plane.length).read(plane);
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          numbers[(o * in + i) * planes + p] = plane[i * out + o];
        }
      }
    }
    return numbers;
  }

  /** Returns the shape of a variable in PyTorch. */
  public static List<Long> there(String name, Shape shape) {
    long[] here = shape.asArray();
    if (here.length == KERNEL) {
      return List.of(here[3], here[2], here[0], here[1]);
    }
    if (here.length == MATRIX && !name.startsWith(PROTOTYPES)) {
      return List.of(here[1], here[0]);
    }
    return Arrays.stream(here).boxed().toList();
  }

  private static long[] here(String name, List<Long> shape) {
    if (shape.size() == KERNEL) {
      return new long[] {shape.get(2), shape.get(3), shape.get(1), shape.get(0)};
    }
    if (isTransposed(name, shape)) {
      return new long[] {shape.get(1), shape.get(0)};
    }
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  private static boolean isTransposed(String name, List<Long> shape) {
    return shape.size() == KERNEL || (shape.size() == MATRIX && !name.startsWith(PROTOTYPES));
  }

  private static int planes(List<Long> shape) {
    return shape.size() == KERNEL ? Math.toIntExact(shape.get(2) * shape.get(3)) : 1;
  }
}
