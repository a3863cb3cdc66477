package io.swavbeam.model.weights;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The safetensors format: the length of the header, the header in JSON, the numbers
 * (https://huggingface.co/docs/safetensors).
 */
final class Safetensors {
  /**
   * The largest header in bytes, enough for eighty thousand tensors. The format's own limit is 100
   * MB, but JSON of that size would fill the heap.
   */
  private static final long MAX_HEADER = 8 << 20;

  private static final String METADATA = "__metadata__";
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Safetensors() {}

  static Map<String, StoredTensor> tensors(FileChannel channel) throws IOException {
    long file = channel.size();
    if (file < Long.BYTES) {
      throw new InvalidWeightsException("it has only %d bytes".formatted(file));
    }
    long header = read(channel, 0, Long.BYTES).getLong();
    if (header < 0 || header > file - Long.BYTES || header > MAX_HEADER) {
      throw new InvalidWeightsException(
          "its header has %s bytes by its length field, but the file has only %,d"
              .formatted(Long.toUnsignedString(header), file));
    }
    JsonNode entries;
    try {
      entries = JSON.readTree(read(channel, Long.BYTES, (int) header).array());
    } catch (JsonProcessingException e) {
      throw new InvalidWeightsException(
          "its header is not JSON: %s".formatted(e.getOriginalMessage()), e);
    }
    if (!entries.isObject()) {
      throw new InvalidWeightsException("its header is not a JSON object");
    }
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    Iterator<Map.Entry<String, JsonNode>> each = entries.fields();
    while (each.hasNext()) {
      Map.Entry<String, JsonNode> entry = each.next();
      if (!entry.getKey().equals(METADATA)) {
        StoredTensor tensor =
            tensor(channel, entry.getKey(), entry.getValue(), Long.BYTES + header, file);
        if (tensor != null) {
          tensors.put(entry.getKey(), tensor);
        }
      }
    }
    return tensors;
  }

  private static StoredTensor tensor(
      FileChannel channel, String name, JsonNode entry, long data, long file) {
    List<Long> shape = numbers(name, entry.path("shape"));
    List<Long> offsets = numbers(name, entry.path("data_offsets"));
    if (offsets.size() != 2 || offsets.get(0) < 0 || offsets.get(1) < offsets.get(0)) {
      throw new InvalidWeightsException("%s has no data_offsets of two numbers".formatted(name));
    }
    if (offsets.get(1) > file - data) {
      throw new InvalidWeightsException(
          "%s ends at byte %,d of the data, but there are only %,d"
              .formatted(name, offsets.get(1), file - data));
    }
    for (DataType type : DataType.values()) {
      if (type.safetensors().equals(entry.path("dtype").asText())) {
        return new StoredTensor(
            channel,
            name,
            type,
            shape,
            StoredTensor.contiguous(shape),
            data + offsets.get(0),
            (offsets.get(1) - offsets.get(0)) / type.bytes());
      }
    }
    // A type that weights cannot have. The tensor is reported as missing if it is needed.
    return null;
  }

  private static List<Long> numbers(String name, JsonNode list) {
    if (!list.isArray()) {
      throw new InvalidWeightsException("%s has no shape or no data_offsets".formatted(name));
    }
    List<Long> numbers = new ArrayList<>();
    for (JsonNode number : list) {
      if (!number.isIntegralNumber() || !number.canConvertToLong()) {
        throw new InvalidWeightsException(
            "%s has no number where a number is expected".formatted(name));
      }
      numbers.add(number.longValue());
    }
    return numbers;
  }

  private static ByteBuffer read(FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer bytes = ChannelBytes.read(channel, position, length);
    if (bytes.remaining() < length) {
      throw new InvalidWeightsException("it ends in the middle");
    }
    return bytes;
  }
}
