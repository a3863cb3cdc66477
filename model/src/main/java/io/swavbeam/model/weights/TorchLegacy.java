package io.swavbeam.model.weights;

import io.swavbeam.model.weights.PickleReader.Storage;
import io.swavbeam.model.weights.PickleReader.Tensor;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The format of {@code torch.save} before PyTorch 1.6. It consists of pickles of a magic number, a
 * protocol version, system information, the object and the keys of the storages. Each storage
 * follows as its number of elements and their bytes.
 */
final class TorchLegacy {
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long PROTOCOL = 1001;

  /** The elements of a storage in the file. */
  private record Region(long start, long bytes) {}

  private TorchLegacy() {}

  static Map<String, StoredTensor> tensors(FileChannel channel) throws IOException {
    PickleReader pickles = new PickleReader(channel, 0, channel.size());
    if (!MAGIC.equals(pickles.read())) {
      throw new InvalidWeightsException(
          "it is a pickle, but not one of torch.save: save the state_dict of the network");
    }
    if (!Long.valueOf(PROTOCOL).equals(pickles.read())) {
      throw new InvalidWeightsException("its protocol is not %d".formatted(PROTOCOL));
    }
    if (!(pickles.read() instanceof Map<?, ?> system)
        || !Boolean.TRUE.equals(system.get("little_endian"))) {
      throw new InvalidWeightsException(
          "it was saved on a big-endian machine, which is not supported");
    }
    Map<String, Tensor> found = StateDict.in(pickles.read());
    Map<String, Region> regions = regions(channel, pickles);
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    found.forEach((name, tensor) -> tensors.put(name, stored(channel, name, tensor, regions)));
    return tensors;
  }

  /** Returns the positions of the storages, which follow one another in the order of their keys. */
  private static Map<String, Region> regions(FileChannel channel, PickleReader pickles)
      throws IOException {
    if (!(pickles.read() instanceof List<?> keys)) {
      throw new InvalidWeightsException("it has no list of storages");
    }
    Map<String, Region> regions = new HashMap<>();
    long position = pickles.position();
    for (Object key : keys) {
      Storage storage = key instanceof String ? pickles.storages().get(key) : null;
      if (storage == null) {
        throw new InvalidWeightsException("its list of storages names one that no tensor has");
      }
      long numbers = number(channel, position);
      position += Long.BYTES;
      long bytes = numbers * storage.type().bytes();
      if (numbers < 0 || numbers > channel.size() || bytes > channel.size() - position) {
        throw new InvalidWeightsException(
            "it ends in the middle: its storage %s should have %,d numbers"
                .formatted(key, numbers));
      }
      regions.put((String) key, new Region(position, bytes));
      position += bytes;
    }
    return regions;
  }

  private static StoredTensor stored(
      FileChannel channel, String name, Tensor tensor, Map<String, Region> regions) {
    Storage storage = tensor.storage();
    Region region = regions.get(storage.key());
    if (region == null) {
      throw new InvalidWeightsException("%s has no data in the file".formatted(name));
    }
    long numbers = region.bytes() / storage.type().bytes();
    long offset = tensor.offset() + storage.offset();
    if (tensor.offset() < 0 || storage.offset() < 0 || offset < 0 || offset > numbers) {
      throw new InvalidWeightsException("%s begins outside of its data".formatted(name));
    }
    return new StoredTensor(
        channel,
        name,
        storage.type(),
        tensor.shape(),
        tensor.strides(),
        region.start() + offset * storage.type().bytes(),
        numbers - offset);
  }

  private static long number(FileChannel channel, long position) throws IOException {
    ByteBuffer bytes = ChannelBytes.read(channel, position, Long.BYTES);
    if (bytes.remaining() < Long.BYTES) {
      throw new InvalidWeightsException("it ends in the middle, before its storages do");
    }
    return bytes.getLong(0);
  }
}
