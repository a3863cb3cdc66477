package io.swavbeam.pipelines.trainer.protocol;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.training.BatchShard;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;
import org.tensorflow.types.TUint8;

/**
 * The encoding of a batch shard, big-endian. For the dead letters: {@code long step, int index, int
 * n, n x (int length and UTF-8)}. For the shapes: {@code int groups, groups x 5 x int}. Then the
 * pixels of all groups.
 *
 * <p>Pixels are copied between tensors and the buffers of the transport in parts of a few
 * kilobytes, which stay in the cache of the processor.
 */
final class BatchShardMarshaller implements Marshaller<BatchShard> {
  private static final int CHUNK = 16 * 1024;
  private static final int RANK = 5;
  private static final int MAX_GROUPS = 64;

  @Override
  public InputStream stream(BatchShard shard) {
    return new Outgoing(shard);
  }

  private static byte[] header(BatchShard shard) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeLong(shard.step());
      out.writeInt(shard.index());
      out.writeInt(shard.deadLetters().size());
      for (DeadLetter letter : shard.deadLetters()) {
        byte[] json = letter.toJson().getBytes(StandardCharsets.UTF_8);
        out.writeInt(json.length);
        out.write(json);
      }
      out.writeInt(shard.crops().size());
      for (TUint8 crops : shard.crops()) {
        for (long dimension : crops.shape().asArray()) {
          out.writeInt(Math.toIntExact(dimension));
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  /** Writes to a stream directly, if the transport supports it, as gRPC does. */
  private static final class Outgoing extends InputStream implements Drainable, KnownLength {
    private final byte[] header;
    private final List<TUint8> crops;

    Outgoing(BatchShard shard) {
      header = header(shard);
      crops = shard.crops();
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      target.write(header);
      byte[] chunk = new byte[CHUNK];
      for (TUint8 tensor : crops) {
        ByteDataBuffer data = tensor.asRawTensor().data();
        for (long at = 0; at < data.size(); at += CHUNK) {
          int length = (int) Math.min(CHUNK, data.size() - at);
          data.slice(at, length).read(chunk, 0, length);
          target.write(chunk, 0, length);
        }
      }
      return available();
    }

    @Override
    public int available() {
      return Math.toIntExact(header.length + crops.stream().mapToLong(TUint8::size).sum());
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException("is drained, never read");
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      return read();
    }
  }

  /**
   * Reads a batch shard. Allocates no more memory than the length of the message.
   *
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT if it is not valid
   */
  @Override
  public BatchShard parse(InputStream in) {
    List<TUint8> crops = new ArrayList<>();
    boolean whole = false;
    try {
      int length = in.available();
      DataInputStream data = new DataInputStream(in);
      long step = data.readLong();
      int index = data.readInt();
      int letters = data.readInt();
      check(letters >= 0 && letters <= length, "dead letters", letters);
      List<DeadLetter> deadLetters = new ArrayList<>();
      for (int i = 0; i < letters; i++) {
        int bytes = data.readInt();
        check(bytes >= 0 && bytes <= in.available(), "bytes of a dead letter", bytes);
        deadLetters.add(
            DeadLetter.fromJson(new String(data.readNBytes(bytes), StandardCharsets.UTF_8)));
      }
      int groups = data.readInt();
      check(groups >= 0 && groups <= MAX_GROUPS, "groups of crops", groups);
      List<Shape> shapes = new ArrayList<>();
      long pixels = 0;
      for (int i = 0; i < groups; i++) {
        long[] dimensions = new long[RANK];
        long size = 1;
        for (int axis = 0; axis < RANK; axis++) {
          dimensions[axis] = data.readInt();
          check(dimensions[axis] > 0, "pixels along an axis", dimensions[axis]);
          size *= dimensions[axis];
          check(size <= length, "pixels", size);
        }
        pixels += size;
        shapes.add(Shape.of(dimensions));
      }
      check(in.available() == pixels, "bytes of pixels", in.available());
      byte[] chunk = new byte[CHUNK];
      for (Shape shape : shapes) {
        TUint8 tensor = TUint8.tensorOf(shape);
        crops.add(tensor);
        ByteDataBuffer memory = tensor.asRawTensor().data();
        for (long at = 0; at < memory.size(); at += CHUNK) {
          int part = (int) Math.min(CHUNK, memory.size() - at);
          data.readFully(chunk, 0, part);
          memory.slice(at, part).write(chunk, 0, part);
        }
      }
      whole = true;
      return new BatchShard(step, index, crops, deadLetters);
    } catch (IOException | IllegalArgumentException e) {
      throw Status.INVALID_ARGUMENT
          .withDescription("malformed batch shard: " + e.getMessage())
          .asRuntimeException();
    } finally {
      if (!whole) {
        crops.forEach(TUint8::close);
      }
    }
  }

  private static void check(boolean condition, String what, long number) {
    if (!condition) {
      throw new IllegalArgumentException("%d %s".formatted(number, what));
    }
  }
}
