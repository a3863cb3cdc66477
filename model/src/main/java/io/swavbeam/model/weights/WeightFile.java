package io.swavbeam.model.weights;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;

/**
 * A file of weights: a safetensors file, or what {@code torch.save} writes, in the layout of today
 * (a zip) or in the one before PyTorch 1.6 (a row of pickles, then the storages).
 *
 * <p>Such files come from strangers. No code of theirs runs, and no memory is taken that they do
 * not fill.
 */
public final class WeightFile implements AutoCloseable {
  private static final int HEAD = 262;
  private static final int TAR_MAGIC = 257;

  private final FileChannel channel;
  private final long length;
  private final Map<String, StoredTensor> tensors;

  private WeightFile(FileChannel channel, long length, Map<String, StoredTensor> tensors) {
    this.channel = channel;
    this.length = length;
    this.tensors = tensors;
  }

  /**
   * Opens a file and finds its tensors.
   *
   * @throws InvalidWeightsException in one line, if it is none or damaged, or wants code to be run
   */
  public static WeightFile open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    boolean opened = false;
    try {
      WeightFile weights = new WeightFile(channel, channel.size(), tensors(channel));
      opened = true;
      return weights;
    } finally {
      if (!opened) {
        channel.close();
      }
    }
  }

  private static Map<String, StoredTensor> tensors(FileChannel channel) throws IOException {
    String head = ChannelBytes.text(channel, 0, HEAD);
    if (head.startsWith("PK")) {
      return TorchZip.tensors(channel);
    }
    if (head.startsWith("\u0080")) {
      return TorchLegacy.tensors(channel);
    }
    if (head.startsWith("ustar", TAR_MAGIC)) {
      throw new InvalidWeightsException(
          "it is a tar, as PyTorch wrote before version 0.2 or as an archive: unpack it, or load it"
              + " in PyTorch and save its state_dict again");
    }
    if (head.length() > Long.BYTES && head.charAt(Long.BYTES) != '{') {
      throw new InvalidWeightsException(
          "it is neither a safetensors file nor one of torch.save: what is wanted is the"
              + " state_dict of a network in one of these");
    }
    return Safetensors.tensors(channel);
  }

  /** The floating-point tensors and others by their names, in the order of the file. */
  public Map<String, StoredTensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  /** Bytes of the file. */
  public long length() {
    return length;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
