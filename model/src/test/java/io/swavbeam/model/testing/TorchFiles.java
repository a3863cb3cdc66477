package io.swavbeam.model.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Writes state_dicts like PyTorch and safetensors: float32, contiguous. */
public final class TorchFiles {
  /** The formats: PyTorch before 1.6, current PyTorch, and safetensors. */
  public enum Layout {
    LEGACY,
    ZIP,
    SAFETENSORS
  }

  private TorchFiles() {}

  /**
   * Writes a file.
   *
   * @param shapes the shapes of the tensors by name
   * @param numbers the numbers of a tensor; null for zeros, which are a hole in the file
   */
  public static Path write(
      Layout layout,
      Path file,
      Map<String, List<Long>> shapes,
      Function<String, float @Nullable []> numbers)
      throws IOException {
    switch (layout) {
      case LEGACY -> legacy(file, shapes, numbers);
      case ZIP -> zip(file, shapes, numbers);
      case SAFETENSORS -> safetensors(file, shapes, numbers);
    }
    return file;
  }

  private static void legacy(
      Path file, Map<String, List<Long>> shapes, Function<String, float @Nullable []> numbers)
      throws IOException {
    ByteArrayOutputStream pickles = new ByteArrayOutputStream();
    byte[] magic = new BigInteger("1950a86a20f9469cfc6c", 16).toByteArray();
    pickles.writeBytes(new byte[] {(byte) 0x80, 2, (byte) 0x8a, (byte) magic.length});
    for (int i = magic.length - 1; i >= 0; i--) {
      pickles.write(magic[i]);
    }
    pickles.write('.');
    pickles.writeBytes(new Pickle().op(0x80, 2).op('M').little(2, 1001).op('.').bytes());
    pickles.writeBytes(
        new Pickle().op(0x80, 2).op('}').text("little_endian").op(0x88).op('s').op('.').bytes());
    pickles.writeBytes(stateDict(shapes, true));
    Pickle keys = new Pickle().op(0x80, 2).op(']').op('(');
    for (int i = 0; i < shapes.size(); i++) {
      keys.text("" + i);
    }
    pickles.writeBytes(keys.op('e').op('.').bytes());
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(pickles.toByteArray()));
      for (Map.Entry<String, List<Long>> entry : shapes.entrySet()) {
        long size = size(entry.getValue());
        channel.write(little(Long.BYTES).putLong(size).flip());
        float[] values = numbers.apply(entry.getKey());
        if (values == null) {
          channel.position(channel.position() + size * Float.BYTES - 1);
          channel.write(ByteBuffer.allocate(1));
        } else {
          channel.write(bytes(values));
        }
      }
    }
  }

  private static void zip(
      Path file, Map<String, List<Long>> shapes, Function<String, float @Nullable []> numbers)
      throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      stored(zip, "weights/data.pkl", stateDict(shapes, false));
      stored(zip, "weights/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
      int i = 0;
      for (String name : shapes.keySet()) {
        stored(zip, "weights/data/" + i++, bytes(numbers.apply(name)).array());
      }
      stored(zip, "weights/version", "3\n".getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static void stored(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(bytes.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(bytes);
  }

  private static void safetensors(
      Path file, Map<String, List<Long>> shapes, Function<String, float @Nullable []> numbers)
      throws IOException {
    List<String> entries = new ArrayList<>();
    long offset = 0;
    for (Map.Entry<String, List<Long>> entry : shapes.entrySet()) {
      long end = offset + size(entry.getValue()) * Float.BYTES;
      entries.add(
          "\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(entry.getKey(), entry.getValue(), offset, end));
      offset = end;
    }
    byte[] header =
        entries.stream()
            .collect(Collectors.joining(",", "{", "}"))
            .getBytes(StandardCharsets.UTF_8);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(little(Long.BYTES).putLong(header.length).flip());
      channel.write(ByteBuffer.wrap(header));
      for (String name : shapes.keySet()) {
        channel.write(bytes(numbers.apply(name)));
      }
    }
  }

  /** Writes an OrderedDict of tensors, each with its own storage. */
  private static byte[] stateDict(Map<String, List<Long>> shapes, boolean legacy) {
    Pickle pickle = new Pickle().op(0x80, 2).global("collections", "OrderedDict").op(')').op('R');
    pickle.op('(');
    int key = 0;
    for (Map.Entry<String, List<Long>> entry : shapes.entrySet()) {
      pickle.text(entry.getKey()).global("torch._utils", "_rebuild_tensor_v2").op('(');
      pickle.op('(').text("storage").global("torch", "FloatStorage").text("" + key++).text("cpu");
      pickle.integer(size(entry.getValue()));
      pickle.op(legacy ? new int[] {'N', 't', 'Q'} : new int[] {'t', 'Q'});
      pickle.integer(0).tuple(entry.getValue()).tuple(strides(entry.getValue()));
      pickle.op(0x89).global("collections", "OrderedDict").op(')', 'R', 't', 'R');
    }
    // The attributes of the dictionary, as in a state_dict.
    return pickle.op('u').op('}').text("_metadata").op('}').op('s').op('b').op('.').bytes();
  }

  private static List<Long> strides(List<Long> shape) {
    List<Long> strides = new ArrayList<>();
    long stride = 1;
    for (int axis = shape.size() - 1; axis >= 0; axis--) {
      strides.add(0, stride);
      stride *= shape.get(axis);
    }
    return strides;
  }

  private static long size(List<Long> shape) {
    return shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer bytes(float[] values) {
    ByteBuffer bytes = little(values.length * Float.BYTES);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }

  /** The bytes of a pickle, written by opcodes. */
  public static final class Pickle {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Adds opcodes, or bytes after an opcode. */
    public Pickle op(int... codes) {
      for (int code : codes) {
        bytes.write(code);
      }
      return this;
    }

    public Pickle little(int count, long number) {
      for (int i = 0; i < count; i++) {
        bytes.write((int) (number >> (Byte.SIZE * i)));
      }
      return this;
    }

    /** Adds an integer of any size. */
    public Pickle integer(long number) {
      return op(0x8a, Long.BYTES).little(Long.BYTES, number);
    }

    public Pickle text(String text) {
      byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
      op('X').little(Integer.BYTES, encoded.length);
      bytes.writeBytes(encoded);
      return this;
    }

    public Pickle global(String module, String name) {
      op('c');
      bytes.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
      return this;
    }

    public Pickle tuple(List<Long> numbers) {
      op('(');
      numbers.forEach(this::integer);
      return op('t');
    }

    public byte[] bytes() {
      return bytes.toByteArray();
    }
  }
}
