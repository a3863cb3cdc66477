package io.swavbeam.model.weights;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Set;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The types of the numbers in weight files. All are little-endian. */
enum DataType {
  FLOAT64("F64", "DoubleStorage", "float64 double", Double.BYTES) {
    @Override
    float at(ByteBuffer bytes, int index) {
      return (float) bytes.getDouble(index);
    }
  },
  FLOAT32("F32", "FloatStorage", "float32 float", Float.BYTES) {
    @Override
    float at(ByteBuffer bytes, int index) {
      return bytes.getFloat(index);
    }
  },
  FLOAT16("F16", "HalfStorage", "float16 half", Short.BYTES) {
    @Override
    float at(ByteBuffer bytes, int index) {
      return ofHalf(bytes.getShort(index));
    }
  },
  BFLOAT16("BF16", "BFloat16Storage", "bfloat16", Short.BYTES) {
    @Override
    float at(ByteBuffer bytes, int index) {
      return Float.intBitsToFloat(bytes.getShort(index) << 16);
    }
  },
  INT64("I64", "LongStorage", "int64 long", Long.BYTES),
  INT32("I32", "IntStorage", "int32 int", Integer.BYTES),
  INT16("I16", "ShortStorage", "int16 short", Short.BYTES),
  INT8("I8", "CharStorage", "int8", 1),
  UINT8("U8", "ByteStorage", "uint8", 1),
  BOOL("BOOL", "BoolStorage", "bool", 1),
  UINT16("U16", "UInt16Storage", "uint16", Short.BYTES),
  UINT32("U32", "UInt32Storage", "uint32", Integer.BYTES),
  UINT64("U64", "UInt64Storage", "uint64", Long.BYTES),
  COMPLEX32("C32", "ComplexHalfStorage", "complex32 chalf", 4),
  COMPLEX64("C64", "ComplexFloatStorage", "complex64 cfloat", 8),
  COMPLEX128("C128", "ComplexDoubleStorage", "complex128 cdouble", 16),
  FLOAT8_E4M3("F8_E4M3", "Float8_e4m3fnStorage", "float8_e4m3fn", 1),
  FLOAT8_E5M2("F8_E5M2", "Float8_e5m2Storage", "float8_e5m2", 1),
  QUANTIZED_INT8("QI8", "QInt8Storage", "qint8", 1),
  QUANTIZED_UINT8("QU8", "QUInt8Storage", "quint8", 1),
  QUANTIZED_UINT4("QU4", "QUInt4x2Storage", "", 1),
  QUANTIZED_UINT2("QU2", "QUInt2x4Storage", "", 1),
  QUANTIZED_INT32("QI32", "QInt32Storage", "qint32", Integer.BYTES),
  /** Bytes. The tensor has their type. */
  UNTYPED("", "UntypedStorage", "", 1);

  private static final int HALF_EXPONENT = 0x7c00;
  private static final int HALF_FRACTION = 0x3ff;
  private static final int HALF_FRACTION_BITS = 10;
  private static final float HALF_SUBNORMAL = 0x1p-24f;

  private final String safetensors;
  private final String storage;

  @SuppressWarnings("ImmutableEnumChecker") // a set of constants
  private final Set<String> torch;

  private final int bytes;

  DataType(String safetensors, String storage, String torch, int bytes) {
    this.safetensors = safetensors;
    this.storage = storage;
    this.torch = Set.of(torch.split(" "));
    this.bytes = bytes;
  }

  /** Returns the type with one of PyTorch's names, such as {@code half}; null if there is none. */
  static @Nullable DataType ofTorch(String name) {
    return Arrays.stream(values())
        .filter(type -> type.torch.contains(name))
        .findFirst()
        .orElse(null);
  }

  /**
   * Returns the name of the type in safetensors. For types that safetensors lacks, the name is
   * invented.
   */
  String safetensors() {
    return safetensors;
  }

  /** Returns the name of PyTorch's storage class for this type. */
  String storage() {
    return storage;
  }

  /** Returns the number of bytes per number. */
  int bytes() {
    return bytes;
  }

  boolean isFloat() {
    return this == FLOAT64 || this == FLOAT32 || this == FLOAT16 || this == BFLOAT16;
  }

  /**
   * Reads a number.
   *
   * @param bytes little-endian
   * @param index the index of its first byte
   */
  float at(ByteBuffer bytes, int index) {
    throw new IllegalStateException("%s is not a type of weights".formatted(this));
  }

  /**
   * Converts a binary16 of IEEE 754, which has a sign, five bits of exponent and ten of fraction.
   */
  private static float ofHalf(short half) {
    int exponent = half & HALF_EXPONENT;
    int fraction = half & HALF_FRACTION;
    float magnitude;
    if (exponent == 0) {
      magnitude = fraction * HALF_SUBNORMAL;
    } else if (exponent == HALF_EXPONENT) {
      magnitude = fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
    } else {
      // Changes the bias of the exponent from 15 to 127, and the fraction from 10 to 23 bits.
      magnitude =
          Float.intBitsToFloat(((exponent >> HALF_FRACTION_BITS) + 112) << 23 | fraction << 13);
    }
    return half < 0 ? -magnitude : magnitude;
  }
}
