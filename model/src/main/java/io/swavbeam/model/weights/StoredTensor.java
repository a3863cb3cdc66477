package io.swavbeam.model.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.List;

/**
 * A tensor in a file: the position and the layout of its numbers. The range was checked against the
 * file. Its numbers are not in memory.
 */
public final class StoredTensor {
  private static final int CHUNK = 1 << 20;
  private static final int MAX_NAME_LENGTH = 1000;

  private final FileChannel channel;
  private final String name;
  private final DataType type;
  private final long[] shape;
  private final long[] strides;
  private final long start;
  private final long size;
  private final long span;

  /**
   * Rejects names that are longer than those of any module, because thousands of tensors could
   * repeat them.
   */
  static void requireName(String name) {
    if (name.length() > MAX_NAME_LENGTH) {
      throw new InvalidWeightsException(
          "it has a name of more than %,d characters, %s…"
              .formatted(MAX_NAME_LENGTH, name.substring(0, 40)));
    }
  }

  /**
   * Checks the position of a tensor.
   *
   * @param name the name of the tensor for errors
   * @param start the offset of its first number in the file, in bytes
   * @param available the number of numbers from there on that belong to the tensor or its storage
   * @throws InvalidWeightsException if the tensor exceeds the file
   */
  StoredTensor(
      FileChannel channel,
      String name,
      DataType type,
      List<Long> shape,
      List<Long> strides,
      long start,
      long available) {
    requireName(name);
    this.channel = channel;
    this.name = name;
    this.type = type;
    this.shape = shape.stream().mapToLong(Long::longValue).toArray();
    this.strides = strides.stream().mapToLong(Long::longValue).toArray();
    this.start = start;
    if (shape.size() != strides.size()) {
      throw new InvalidWeightsException(
          "%s has the shape %s with strides %s".formatted(name, shape, strides));
    }
    try {
      long numbers = 1;
      long last = 0;
      for (int axis = 0; axis < this.shape.length; axis++) {
        if (this.shape[axis] < 0 || this.strides[axis] < 0) {
          throw new InvalidWeightsException(
              "%s has the shape %s with strides %s".formatted(name, shape, strides));
        }
        numbers = Math.multiplyExact(numbers, this.shape[axis]);
        last =
            Math.addExact(
                last, Math.multiplyExact(Math.max(0, this.shape[axis] - 1), this.strides[axis]));
      }
      size = numbers;
      span = numbers == 0 ? 0 : Math.addExact(last, 1);
    } catch (ArithmeticException e) {
      throw new InvalidWeightsException("%s has the impossible shape %s".formatted(name, shape), e);
    }
    // With a stride of 0, one number is used several times. The reader of the network limits this.
    if (span > available) {
      throw new InvalidWeightsException(
          "%s of the shape %s is longer than its data in the file".formatted(name, shape));
    }
  }

  /** Returns the strides of a contiguous tensor, whose last axis is the fastest. */
  static List<Long> contiguous(List<Long> shape) {
    Long[] strides = new Long[shape.size()];
    long stride = 1;
    for (int axis = strides.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      // A shape that overflows here is rejected.
      stride *= Math.max(1, shape.get(axis));
    }
    return List.of(strides);
  }

  /** Returns whether the tensor is contiguous. The strides of axes of length 1 are ignored. */
  private boolean isContiguous() {
    List<Long> without = contiguous(shape());
    for (int axis = 0; axis < shape.length; axis++) {
      if (shape[axis] > 1 && strides[axis] != without.get(axis)) {
        return false;
      }
    }
    return true;
  }

  public String name() {
    return name;
  }

  DataType type() {
    return type;
  }

  /** Returns the shape as in PyTorch: {@code [out, in, height, width]} for a convolution. */
  public List<Long> shape() {
    return Arrays.stream(shape).boxed().toList();
  }

  /** Returns the number of numbers. */
  public long size() {
    return size;
  }

  /** Returns the number of bytes in the file. */
  long bytes() {
    return size * type.bytes();
  }

  /**
   * Reads the tensor.
   *
   * @return its numbers as float32, with the last axis as the fastest
   * @throws InvalidWeightsException if they are not floating-point numbers, not finite, or too many
   *     for an array
   */
  public float[] read() throws IOException {
    if (!type.isFloat()) {
      throw new InvalidWeightsException(
          "%s holds numbers of type %s, which are not weights".formatted(name, type.safetensors()));
    }
    if (size > Integer.MAX_VALUE / Float.BYTES || span > Integer.MAX_VALUE / type.bytes()) {
      throw new InvalidWeightsException("%s has %,d numbers: too many".formatted(name, size));
    }
    float[] numbers = new float[(int) size];
    if (isContiguous()) {
      readRow(numbers);
    } else if (size > 0) {
      gather(numbers);
    }
    for (float number : numbers) {
      if (!Float.isFinite(number)) {
        throw new InvalidWeightsException("%s holds %s".formatted(name, number));
      }
    }
    return numbers;
  }

  private void readRow(float[] numbers) throws IOException {
    int width = type.bytes();
    for (int first = 0; first < numbers.length; first += CHUNK) {
      int count = Math.min(CHUNK, numbers.length - first);
      ByteBuffer bytes = bytes(start + (long) first * width, count * width);
      if (type == DataType.FLOAT32) {
        bytes.asFloatBuffer().get(numbers, first, count);
      } else {
        for (int i = 0; i < count; i++) {
          numbers[first + i] = type.at(bytes, i * width);
        }
      }
    }
  }

  private void gather(float[] numbers) throws IOException {
    ByteBuffer bytes = bytes(start, Math.toIntExact(span * type.bytes()));
    long[] index = new long[shape.length];
    long at = 0;
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = type.at(bytes, (int) (at * type.bytes()));
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        at += strides[axis];
        index[axis]++;
        if (index[axis] < shape[axis]) {
          break;
        }
        at -= strides[axis] * shape[axis];
        index[axis] = 0;
      }
    }
  }

  private ByteBuffer bytes(long position, int length) throws IOException {
    ByteBuffer bytes = ChannelBytes.read(channel, position, length);
    if (bytes.remaining() < length) {
      throw new InvalidWeightsException("%s: the file ends in the middle".formatted(name));
    }
    return bytes;
  }
}
