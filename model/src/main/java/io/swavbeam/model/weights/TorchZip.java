package io.swavbeam.model.weights;

import io.swavbeam.model.weights.PickleReader.Storage;
import io.swavbeam.model.weights.PickleReader.Tensor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The format of {@code torch.save} since PyTorch 1.6: a zip of uncompressed files. {@code
 * name/data.pkl} has the object, and {@code name/data/key} the bytes of each storage.
 */
final class TorchZip {
  private static final String PICKLE = "/data.pkl";
  private static final String SCRIPT = "/constants.pkl";
  private static final String END = "PK\005\006";
  private static final int END_RECORD = 22;

  /** A file in the zip. */
  private record Region(long start, long bytes) {}

  private TorchZip() {}

  static Map<String, StoredTensor> tensors(Path file, FileChannel channel) throws IOException {
    Map<String, Region> files = files(file, channel);
    String pickle =
        files.keySet().stream()
            .filter(name -> name.endsWith(PICKLE) && name.indexOf('/') == name.lastIndexOf('/'))
            .findFirst()
            .orElseThrow(
                () ->
                    new InvalidWeightsException(
                        "it is a zip, but not one of torch.save: it has no data.pkl"));
    String folder = pickle.substring(0, pickle.length() - PICKLE.length());
    requireLittleEndian(channel, files.get(folder + "/byteorder"));
    Region region = files.get(pickle);
    PickleReader reader =
        new PickleReader(channel, region.start(), region.start() + region.bytes());
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> entry : StateDict.in(reader.read()).entrySet()) {
      Storage storage = entry.getValue().storage();
      Region data = files.get(folder + "/data/" + storage.key());
      tensors.put(entry.getKey(), stored(channel, entry.getKey(), entry.getValue(), data));
    }
    return tensors;
  }

  private static StoredTensor stored(
      FileChannel channel, String name, Tensor tensor, @Nullable Region data) {
    if (data == null) {
      throw new InvalidWeightsException("%s has no data in the file".formatted(name));
    }
    DataType type = tensor.storage().type();
    long numbers = data.bytes() / type.bytes();
    if (tensor.offset() < 0 || tensor.offset() > numbers) {
      throw new InvalidWeightsException("%s begins outside of its data".formatted(name));
    }
    return new StoredTensor(
        channel,
        name,
        type,
        tensor.shape(),
        tensor.strides(),
        data.start() + tensor.offset() * type.bytes(),
        numbers - tensor.offset());
  }

  private static Map<String, Region> files(Path file, FileChannel channel) throws IOException {
    requireEnd(channel);
    Map<String, Region> files = new HashMap<>();
    try (ZipFile zip = ZipFile.builder().setPath(file).get()) {
      List<ZipArchiveEntry> entries = Collections.list(zip.getEntries());
      if (entries.stream().anyMatch(entry -> entry.getName().endsWith(SCRIPT))) {
        throw new InvalidWeightsException(
            "it is TorchScript, a program: in PyTorch, save the state_dict of torch.jit.load(...)");
      }
      for (ZipArchiveEntry entry : entries) {
        long start = entry.getDataOffset();
        if (start < 0 || entry.getSize() < 0 || entry.getSize() > channel.size() - start) {
          throw new InvalidWeightsException("its zip is damaged: it ends in the middle");
        }
        if (entry.getMethod() != ZipArchiveEntry.STORED
            || entry.getSize() != entry.getCompressedSize()) {
          throw new InvalidWeightsException(
              "its zip is compressed, which torch.save does not do: unpack it and zip it with -0");
        }
        files.putIfAbsent(entry.getName(), new Region(start, entry.getSize()));
      }
      return files;
    } catch (IOException
        | IllegalArgumentException
        | ArithmeticException
        | IndexOutOfBoundsException e) {
      throw new InvalidWeightsException("its zip is damaged", e);
    }
  }

  /**
   * Requires a zip without a comment, as torch.save writes it. With a comment, the library would
   * search the last 64 KiB.
   */
  private static void requireEnd(FileChannel channel) throws IOException {
    long start = channel.size() - END_RECORD;
    if (start < 0 || !END.equals(ChannelBytes.text(channel, start, END.length()))) {
      throw new InvalidWeightsException("it is a zip that ends in the middle");
    }
  }

  private static void requireLittleEndian(FileChannel channel, @Nullable Region order)
      throws IOException {
    if (order == null) {
      return; // before PyTorch 2.1, always little-endian
    }
    int length = (int) Math.min(order.bytes(), Byte.SIZE);
    if (!"little".equals(ChannelBytes.text(channel, order.start(), length))) {
      throw new InvalidWeightsException(
          "it was saved on a big-endian machine, which is not supported");
    }
  }
}
