package io.swavbeam.model.weights;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A reader of pickles as data. A pickle is a program for a stack machine
 * (https://docs.python.org/3/library/pickletools.html), which may call any Python function. This
 * reader calls nothing. A function has to be in an allow-list, and its arguments are kept as data.
 *
 * <p>Values are {@link Map}, {@link List} (also for tuples), String, Long, {@link BigInteger},
 * Double, Boolean, null, {@link Tensor} and {@link Storage}. Values that are not needed for weights
 * are {@link Opaque}.
 */
final class PickleReader {
  /**
   * A storage: numbers of one type in another part of the file.
   *
   * @param offset the offset in numbers, if the storage is a part of a larger one
   */
  record Storage(DataType type, String key, long numbers, long offset) {}

  /** A tensor, which is a view of a storage. Offset and strides are in numbers. */
  record Tensor(Storage storage, long offset, List<Long> shape, List<Long> strides) {}

  /** The result of an allowed call that is not needed for weights. */
  record Opaque(String name) {}

  /** A function or a class by its name. */
  private record Global(String name) {}

  /**
   * The largest number of values. A state_dict has about 25 per tensor. The limit keeps the memory
   * below some hundred megabytes.
   */
  private static final int MAX_VALUES = 1_000_000;

  private static final long MAX_TEXT = 64 << 20;
  private static final int BUFFER = 1 << 16;

  /** PyTorch's own limit. */
  private static final int MAX_AXES = 64;

  private static final int MAX_NAME = 200;
  private static final int NEWEST_PROTOCOL = 5;

  private static final String TORCH = "torch.";
  private static final String NUMPY_TYPES = "numpy.dtypes.";

  /**
   * Functions, classes and constants that are allowed, and whose results are not needed for
   * weights.
   */
  private static final Set<String> OPAQUE =
      words(
          """
          argparse.Namespace collections.Counter torch.Tensor torch.device
          torch.serialization._get_layout torch.torch_version.TorchVersion
          torch._utils._rebuild_sparse_tensor
          torch._utils._rebuild_meta_tensor_no_storage
          torch._utils._rebuild_nested_tensor torch._utils._rebuild_qtensor
          torch._utils._rebuild_device_tensor_from_numpy
          torch._utils._rebuild_wrapper_subclass
          torch._utils._rebuild_sparse_csr_tensor torch.storage.TypedStorage
          torch.per_tensor_affine torch.per_tensor_symmetric torch.per_channel_affine
          torch.per_channel_symmetric torch.per_channel_affine_float_qparams
          torch.strided torch.contiguous_format torch.channels_last
          torch.preserve_format numpy.dtype numpy.ndarray numpy.core.multiarray.scalar
          numpy._core.multiarray.scalar numpy.core.multiarray._reconstruct
          numpy._core.multiarray._reconstruct numpy.core.numeric._frombuffer
          numpy._core.numeric._frombuffer _codecs.encode __builtin__.set builtins.set
          __builtin__.frozenset builtins.frozenset __builtin__.bytearray
          builtins.bytearray __builtin__.complex builtins.complex pathlib.PosixPath
          pathlib.PurePosixPath pathlib.WindowsPath
          """);

  /** Types of tensors that are not supported, without the prefix {@code torch.}. */
  private static final Set<String> UNREAD_TYPES =
      words(
          """
          float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2 quint4x2
          quint2x4 bits8 bits16 bits1x8 bits2x4 bits4x2
          """);

  /** Computes the data that represents the result of a call. */
  @FunctionalInterface
  private interface Call {
    @Nullable Object with(List<Object> arguments);
  }

  /**
   * The allow-list: functions and classes by name. It contains all that {@code
   * torch.load(weights_only=True)} allows, and what training scripts save besides. Reading ends
   * with an error at a name that is neither in this list nor a storage or a type.
   */
  private static final Map<String, Call> CALLS = new HashMap<>();

  static {
    CALLS.put("collections.OrderedDict", PickleReader::ordered);
    CALLS.put("collections.defaultdict", arguments -> new LinkedHashMap<>());
    CALLS.put("torch.Size", arguments -> list(arguments.get(0)));
    for (String parameter :
        List.of(
            "torch._utils._rebuild_parameter",
            "torch._utils._rebuild_parameter_with_state",
            "torch.nn.parameter.Parameter",
            "torch.nn.parameter.Buffer")) {
      CALLS.put(parameter, arguments -> arguments.get(0));
    }
    CALLS.put("torch._utils._rebuild_tensor", PickleReader::tensor);
    CALLS.put("torch._utils._rebuild_tensor_v2", PickleReader::tensor);
    CALLS.put("torch._utils._rebuild_tensor_v3", PickleReader::typedTensor);
    CALLS.put("torch._utils._rebuild_device_tensor_from_cpu_tensor", arguments -> arguments.get(0));
    // Tensors with attributes: (function, type, arguments, attributes).
    CALLS.put(
        "torch._tensor._rebuild_from_type_v2",
        arguments -> called(arguments.get(0), list(arguments.get(2))));
    OPAQUE.forEach(opaque -> CALLS.put(opaque, arguments -> new Opaque(opaque)));
  }

  private final FileChannel channel;
  private final long end;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).limit(0);
  private final Map<String, Storage> storages = new HashMap<>();
  private long position;
  private long text;
  private int values;

  /**
   * @param start the offset of the pickle in the file, in bytes
   * @param end the end of the readable part of the file
   */
  PickleReader(FileChannel channel, long start, long end) {
    this.channel = channel;
    this.end = end;
    position = start;
  }

  /** Returns the storages in the pickles that were read, by their keys. */
  Map<String, Storage> storages() {
    return storages;
  }

  /** Returns the offset of the next byte in the file. */
  long position() {
    return position - buffer.remaining();
  }

  /**
   * Reads one pickle, up to its last byte.
   *
   * @throws InvalidWeightsException if it is damaged, or names something that is not allowed
   */
  @Nullable Object read() throws IOException {
    try {
      return new Machine().run();
    } catch (IndexOutOfBoundsException e) {
      throw new InvalidWeightsException(
          "its pickle is damaged at byte %,d".formatted(position()), e);
    }
  }

  /** The stack machine of one pickle. */
  private final class Machine {
    private final List<Object> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>();
    private final Map<Long, Object> memo = new HashMap<>();

    @Nullable Object run() throws IOException {
      while (true) {
        int opcode = next();
        switch (opcode) {
          case 0x80 -> protocol(); // PROTO
          case 0x95 -> number(Long.BYTES); // FRAME
          case '.' -> {
            return pop();
          }
          case '(' -> marks.add(stack.size());
          case '0' -> pop();
          case '1' -> mark();
          case '2' -> push(top());
          case 'N' -> push(null);
          case 0x88 -> push(true);
          case 0x89 -> push(false);
          case 'K' -> push(number(1));
          case 'M' -> push(number(2));
          case 'J' -> push((long) (int) number(Integer.BYTES));
          case 0x8a -> push(integer(next())); // LONG1
          case 0x8b -> push(integer(length(number(Integer.BYTES)))); // LONG4
          case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(number(Long.BYTES))));
          case 'X' -> push(string(number(Integer.BYTES)));
          case 0x8c -> push(string(next()));
          case 0x8d -> push(string(number(Long.BYTES)));
          case 'T', 'B' -> push(bytes(number(Integer.BYTES)));
          case 'U', 'C' -> push(bytes(next()));
          case 0x8e, 0x96 -> push(bytes(number(Long.BYTES))); // BINBYTES8, BYTEARRAY8
          case '}' -> push(new LinkedHashMap<Object, Object>());
          case ']' -> push(new ArrayList<Object>());
          case ')' -> push(List.of());
          case 0x8f -> push(new ArrayList<Object>()); // EMPTY_SET
          case 't', 'l', 0x91 -> push(mark()); // TUPLE, LIST, FROZENSET
          case 'd' -> push(filled(new LinkedHashMap<>(), mark()));
          case 0x85 -> push(last(1));
          case 0x86 -> push(last(2));
          case 0x87 -> push(last(3));
          case 'a' -> {
            Object item = pop();
            list(top()).add(item);
          }
          case 'e', 0x90 -> { // APPENDS, ADDITEMS
            List<Object> items = mark();
            list(top()).addAll(items);
          }
          case 's' -> {
            List<Object> entry = last(2);
            filled(top(), entry);
          }
          case 'u' -> {
            List<Object> entries = mark();
            filled(top(), entries);
          }
          case 'q' -> memo.put((long) next(), top());
          case 'r' -> memo.put(number(Integer.BYTES), top());
          case 0x94 -> memo.put((long) memo.size(), top()); // MEMOIZE
          case 'h' -> push(known(next()));
          case 'j' -> push(known(number(Integer.BYTES)));
          case 'c' -> push(global(line() + "." + line()));
          case 0x93 -> { // STACK_GLOBAL
            List<Object> name = last(2);
            push(global(as(String.class, name.get(0)) + "." + as(String.class, name.get(1))));
          }
          case 'R', 0x81 -> { // REDUCE, NEWOBJ
            List<Object> arguments = list(pop());
            push(called(pop(), arguments));
          }
          case 0x92 -> { // NEWOBJ_EX
            List<Object> call = last(3);
            push(called(call.get(0), list(call.get(1))));
          }
          case 'b' -> pop(); // BUILD: attributes, for example of a state_dict
          case 'Q' -> push(storage(list(pop())));
          default ->
              throw new InvalidWeightsException(
                  "its pickle has the opcode 0x%02x, which no weights need, at byte %,d"
                      .formatted(opcode, position() - 1));
        }
      }
    }

    private void protocol() throws IOException {
      int version = next();
      if (version > NEWEST_PROTOCOL) {
        throw new InvalidWeightsException(
            "its pickle has the protocol %d, and %d is the newest"
                .formatted(version, NEWEST_PROTOCOL));
      }
    }

    private void push(@Nullable Object value) {
      values++;
      if (values > MAX_VALUES) {
        throw new InvalidWeightsException(
            "it holds more than %,d values: save the state_dict alone".formatted(MAX_VALUES));
      }
      stack.add(value);
    }

    private @Nullable Object pop() {
      return stack.remove(stack.size() - 1);
    }

    private @Nullable Object top() {
      return stack.get(stack.size() - 1);
    }

    private List<Object> last(int count) {
      return cut(stack.size() - count);
    }

    private List<Object> mark() {
      return cut(marks.remove(marks.size() - 1));
    }

    private List<Object> cut(int from) {
      List<Object> tail = stack.subList(from, stack.size());
      List<Object> items = new ArrayList<>(tail);
      tail.clear();
      return items;
    }

    private @Nullable Object known(long index) {
      if (!memo.containsKey(index)) {
        throw new InvalidWeightsException("its pickle names a value that it does not hold");
      }
      return memo.get(index);
    }
  }

  private static Set<String> words(String text) {
    return Set.of(text.strip().split("\\s+"));
  }

  @SuppressWarnings("unchecked") // all lists here are of objects
  private static List<Object> list(@Nullable Object value) {
    // An opaque value may be a set with attributes. Values that are added to it are ignored.
    return value instanceof Opaque ? new ArrayList<>() : (List<Object>) as(List.class, value);
  }

  /** Puts alternating keys and values into a map. */
  @SuppressWarnings("unchecked") // all maps here are of objects
  private static @Nullable Object filled(@Nullable Object target, List<Object> entries) {
    if (target instanceof Opaque) {
      return target;
    }
    Map<Object, Object> map = (Map<Object, Object>) as(Map.class, target);
    for (int i = 0; i < entries.size(); i += 2) {
      Object key = entries.get(i);
      // A list as a key could contain itself. Hashing it would not end.
      map.put(
          key instanceof String || key instanceof Long ? key : new Object(), entries.get(i + 1));
    }
    return map;
  }

  /** Casts a value to the required type. */
  private static <T> T as(Class<T> type, @Nullable Object value) {
    if (!type.isInstance(value)) {
      throw new InvalidWeightsException(
          "its pickle is damaged: it has another value where a %s is expected"
              .formatted(type.getSimpleName()));
    }
    return type.cast(value);
  }

  /** Returns a type, or a function or a class of the allow-list. */
  private static Object global(String name) {
    if (name.startsWith(TORCH)) {
      String type = name.substring(name.lastIndexOf('.') + 1);
      for (DataType storage : DataType.values()) {
        if (type.equals(storage.storage()) && name.matches("torch\\.((storage|cuda)\\.)?\\w+")) {
          return storage;
        }
      }
      if (name.matches(
          "torch\\.((cuda|sparse|cuda\\.sparse)\\.\\w+Tensor|\\w+Tensor|u?int[1-7])")) {
        return new Global(name);
      }
      DataType known = name.equals(TORCH + type) ? DataType.ofTorch(type) : null;
      if (known != null) {
        return known;
      }
      if (name.equals(TORCH + type) && UNREAD_TYPES.contains(type)) {
        return new Opaque(name);
      }
    }
    if (!CALLS.containsKey(name) && !name.startsWith(NUMPY_TYPES)) {
      throw new InvalidWeightsException(
          "it names %s, which weights do not need and which is not run: in PyTorch, save the"
                  .formatted(name)
              + " state_dict alone");
    }
    return new Global(name);
  }

  private static @Nullable Object called(@Nullable Object function, List<Object> arguments) {
    if (!(function instanceof Global global)) {
      throw new InvalidWeightsException("its pickle calls something that is not a function");
    }
    Call call = CALLS.get(global.name());
    return call == null ? new Opaque(global.name()) : call.with(arguments);
  }

  /** Creates a tensor from {@code (storage, offset, shape, strides, ...)}. */
  private static Tensor tensor(List<Object> arguments) {
    // The last argument of v2 and v3 marks values to negate or conjugate when they are read.
    if (arguments.size() > 6
        && arguments.get(arguments.size() - 1) instanceof Map<?, ?> view
        && (view.get("neg") == Boolean.TRUE || view.get("conj") == Boolean.TRUE)) {
      throw new InvalidWeightsException(
          "it has a tensor that is a negated or conjugated view: in PyTorch, save what its"
              + " resolve_neg().resolve_conj() gives");
    }
    return new Tensor(
        as(Storage.class, arguments.get(0)),
        as(Long.class, arguments.get(1)),
        numbers(arguments.get(2)),
        numbers(arguments.get(3)));
  }

  /**
   * Creates a tensor from {@code (storage, offset, shape, strides, requires_grad, hooks, type,
   * ...)}, with a storage of bytes.
   */
  private static Object typedTensor(List<Object> arguments) {
    if (!(arguments.get(6) instanceof DataType type)) {
      return new Opaque("torch.Tensor");
    }
    Tensor tensor = tensor(arguments);
    Storage bytes = tensor.storage();
    return new Tensor(
        new Storage(type, bytes.key(), bytes.numbers() / type.bytes(), bytes.offset()),
        tensor.offset(),
        tensor.shape(),
        tensor.strides());
  }

  /** Creates a map from no arguments or from a list of pairs. */
  private static Object ordered(List<Object> arguments) {
    Map<Object, Object> map = new LinkedHashMap<>();
    if (!arguments.isEmpty()) {
      for (Object pair : list(arguments.get(0))) {
        filled(map, list(pair));
      }
    }
    return map;
  }

  private static List<Long> numbers(Object tuple) {
    List<Long> numbers = list(tuple).stream().map(number -> as(Long.class, number)).toList();
    if (numbers.size() > MAX_AXES) {
      throw new InvalidWeightsException("it has a tensor of %d axes".formatted(numbers.size()));
    }
    return numbers;
  }

  /**
   * Creates a storage from {@code ('storage', type, key, device, numbers)}. In the old layout, a
   * part of the storage follows.
   */
  private Storage storage(List<Object> id) {
    if (!"storage".equals(id.get(0))) {
      throw new InvalidWeightsException(
          "it holds a whole module of Python, which is not run: in PyTorch, save its state_dict");
    }
    long offset = id.size() > 5 && id.get(5) != null ? as(Long.class, list(id.get(5)).get(1)) : 0;
    Storage storage =
        new Storage(
            as(DataType.class, id.get(1)),
            as(String.class, id.get(2)),
            as(Long.class, id.get(4)),
            offset);
    storages.put(storage.key(), storage);
    return storage;
  }

  private int next() throws IOException {
    if (!buffer.hasRemaining()) {
      fill();
    }
    return buffer.get() & 0xff;
  }

  private void fill() throws IOException {
    buffer.clear().limit((int) Math.min(BUFFER, Math.max(0, end - position)));
    int read = buffer.hasRemaining() ? channel.read(buffer, position) : -1;
    if (read <= 0) {
      buffer.limit(0);
      throw new InvalidWeightsException("it ends in the middle");
    }
    position += read;
    buffer.flip();
  }

  /** Reads a little-endian number, which is unsigned if it has fewer than eight bytes. */
  private long number(int bytes) throws IOException {
    long number = 0;
    for (int i = 0; i < bytes; i++) {
      number |= (long) next() << (Byte.SIZE * i);
    }
    return number;
  }

  private Object integer(int bytes) throws IOException {
    byte[] number = take(bytes);
    for (int i = 0, j = number.length - 1; i < j; i++, j--) {
      byte other = number[i];
      number[i] = number[j];
      number[j] = other;
    }
    BigInteger integer = number.length == 0 ? BigInteger.ZERO : new BigInteger(number);
    return integer.bitLength() < Long.SIZE ? (Object) integer.longValue() : integer;
  }

  private String string(long bytes) throws IOException {
    return new String(take(length(bytes)), StandardCharsets.UTF_8);
  }

  private String bytes(long bytes) throws IOException {
    return new String(take(length(bytes)), StandardCharsets.ISO_8859_1);
  }

  private int length(long bytes) {
    if (bytes < 0 || bytes > end - position()) {
      throw new InvalidWeightsException("it ends in the middle");
    }
    text += bytes;
    if (text > MAX_TEXT) {
      throw new InvalidWeightsException(
          "it holds more than %,d bytes of text: save the state_dict alone".formatted(MAX_TEXT));
    }
    return (int) bytes;
  }

  private byte[] take(int length) throws IOException {
    byte[] bytes = new byte[length(length)];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) next();
    }
    return bytes;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int character = next(); character != '\n'; character = next()) {
      if (line.length() > MAX_NAME) {
        throw new InvalidWeightsException(
            "its pickle has a name of more than %d characters".formatted(MAX_NAME));
      }
      line.append((char) character);
    }
    return line.toString();
  }
}
