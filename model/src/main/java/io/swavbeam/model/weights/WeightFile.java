package io.swavbeam.model.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.model.signature.FileSignature;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A file of weights: safetensors, or a file of {@code torch.save} in the current format (a zip) or
 * in that of PyTorch before 1.6 (pickles, then the storages). A network in several such files is
 * opened by its index ({@code model.safetensors.index.json}).
 *
 * <p>Files are untrusted. No code in them is run. Only files in the folder of the index are opened.
 * Memory is allocated only for data that the file contains.
 */
public final class WeightFile implements AutoCloseable {
  private static final long MAX_INDEX = 64 << 20;
  private static final int MAX_PARTS = 10_000;
  private static final String INDEX = ".index.json";
  private static final Pattern PART = Pattern.compile(".*?(\\d{5}-of-(\\d{5}))\\.\\w+");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Path> files;
  private final List<FileChannel> channels = new ArrayList<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private long length;

  private WeightFile(List<Path> files) {
    this.files = List.copyOf(files);
  }

  /**
   * Opens a file and finds its tensors.
   *
   * @param file the file of weights, or an index
   * @throws InvalidWeightsException in one line, if it is not a weight file, is damaged, or needs
   *     code to be run
   */
  public static WeightFile open(Path file) throws IOException {
    String name = file.getFileName().toString();
    if (name.endsWith(INDEX)) {
      return ofIndex(file);
    }
    Matcher part = PART.matcher(name);
    if (part.matches() && Integer.parseInt(part.group(2)) > 1) {
      throw new InvalidWeightsException(
          "it is part %s of a network: give the index beside it, whose name ends in %s"
              .formatted(part.group(1), INDEX));
    }
    return open(List.of(file), List.of(file));
  }

  /** Opens the files in an index. */
  private static WeightFile ofIndex(Path index) throws IOException {
    if (Files.size(index) > MAX_INDEX) {
      throw new InvalidWeightsException(
          "it is an index of more than %,d bytes".formatted(MAX_INDEX));
    }
    try (FileChannel channel = FileChannel.open(index, StandardOpenOption.READ)) {
      requireNoOther(FileSignature.of(head(channel)).orElse(null));
    }
    Set<String> names = new LinkedHashSet<>();
    try {
      JsonNode map = JSON.readTree(Files.readAllBytes(index)).path("weight_map");
      map.forEach(part -> names.add(part.asText()));
    } catch (JsonProcessingException e) {
      throw new InvalidWeightsException(
          "its index is not JSON: %s".formatted(e.getOriginalMessage()), e);
    }
    if (names.isEmpty() || names.size() > MAX_PARTS) {
      throw new InvalidWeightsException(
          "its weight_map names %,d files, but must name 1 to %,d"
              .formatted(names.size(), MAX_PARTS));
    }
    List<Path> parts = new ArrayList<>();
    for (String name : names) {
      if (!name.matches("[^/\\\\.][^/\\\\]*")) {
        throw new InvalidWeightsException(
            "its weight_map names '%s', which is not a file beside it".formatted(name));
      }
      Path part = index.resolveSibling(name);
      if (!Files.isRegularFile(part)) {
        throw new InvalidWeightsException(
            "its part %s is missing: put it into the same folder".formatted(name));
      }
      parts.add(part);
    }
    List<Path> all = new ArrayList<>(parts);
    all.add(0, index);
    return open(parts, all);
  }

  private static WeightFile open(List<Path> parts, List<Path> files) throws IOException {
    WeightFile weights = new WeightFile(files);
    boolean opened = false;
    try {
      for (Path part : parts) {
        weights.add(part);
      }
      opened = true;
      return weights;
    } finally {
      if (!opened) {
        weights.close();
      }
    }
  }

  private void add(Path part) throws IOException {
    FileChannel channel = FileChannel.open(part, StandardOpenOption.READ);
    channels.add(channel);
    length += channel.size();
    Map<String, StoredTensor> ofPart;
    try {
      ofPart = tensors(part, channel);
    } catch (InvalidWeightsException e) {
      throw files.size() == 1
          ? e
          : new InvalidWeightsException(
              "of its part %s: %s".formatted(part.getFileName(), e.getMessage()), e);
    }
    ofPart.forEach(
        (name, tensor) -> {
          if (tensors.put(name, tensor) != null) {
            throw new InvalidWeightsException("two of its parts have %s".formatted(name));
          }
        });
  }

  private static Map<String, StoredTensor> tensors(Path part, FileChannel channel)
      throws IOException {
    FileSignature signature = FileSignature.of(head(channel)).orElse(null);
    if (signature == FileSignature.ZIP) {
      return TorchZip.tensors(part, channel);
    }
    requireNoOther(signature);
    String head = ChannelBytes.text(channel, 0, FileSignature.HEAD);
    if (head.startsWith("\u0080")) {
      return TorchLegacy.tensors(channel);
    }
    if (head.length() > Long.BYTES && head.charAt(Long.BYTES) != '{') {
      throw new InvalidWeightsException(
          (signature == null
                  ? "it is neither a safetensors file nor one of torch.save: "
                  : "it is %s: ".formatted(signature.title()))
              + "save the state_dict of the network with torch.save or as safetensors");
    }
    return Safetensors.tensors(channel);
  }

  private static byte[] head(FileChannel channel) throws IOException {
    return ChannelBytes.text(channel, 0, FileSignature.HEAD).getBytes(StandardCharsets.ISO_8859_1);
  }

  /**
   * Rejects files that are often found in place of weights. A safetensors file may begin with any
   * eight bytes.
   */
  private static void requireNoOther(@Nullable FileSignature signature) {
    if (signature == FileSignature.TAR) {
      throw new InvalidWeightsException(
          "it is a tar, as PyTorch wrote before version 0.2 or as an archive: unpack it, or load it"
              + " in PyTorch and save its state_dict again");
    }
    if (signature == FileSignature.GIT_LFS) {
      throw new InvalidWeightsException(signature.refusal());
    }
    if (signature == FileSignature.HTML) {
      throw new InvalidWeightsException(
          "it is a page of HTML, such as one of an error or a login: download the file again");
    }
  }

  /** Returns the tensors by name, in the order of the file. */
  public Map<String, StoredTensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  /** Returns the file that was opened, and the files in it if it is an index. */
  public List<Path> files() {
    return files;
  }

  /** Returns the total number of bytes of the file or of its parts. */
  public long length() {
    return length;
  }

  @Override
  public void close() throws IOException {
    for (FileChannel channel : channels) {
      channel.close();
    }
  }
}
