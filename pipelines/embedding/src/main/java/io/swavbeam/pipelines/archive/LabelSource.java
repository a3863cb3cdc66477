package io.swavbeam.pipelines.archive;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Serializable;
import java.util.Locale;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The file beside an image, in a tar, that holds its label, as WebDataset packs samples.
 *
 * @param extension of the file: {@code cls}, {@code txt} or {@code json}
 * @param field of the JSON object, with dots between the names where it is one of an object in it
 *     ({@code class.name}), or null
 */
public record LabelSource(String extension, @Nullable String field) implements Serializable {
  /** Files with nothing but the label. */
  public static final LabelSource CLS = new LabelSource("cls", null);

  private static final int MAX_LENGTH = 4096;
  private static final String JSON = "json";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * Reads what users write.
   *
   * @param text {@code cls}, {@code txt} or {@code json:field}
   * @throws IllegalArgumentException in one line, if it is none of these
   */
  public static LabelSource parse(String text) {
    if (text.equals("cls") || text.equals("txt")) {
      return new LabelSource(text, null);
    }
    if (text.startsWith(JSON + ":") && text.length() > JSON.length() + 1) {
      return new LabelSource(JSON, text.substring(JSON.length() + 1));
    }
    throw new IllegalArgumentException(
        "unknown label '%s': take cls, txt or json:field".formatted(text));
  }

  /** Whether an entry is the label of a sample, by its name. */
  public boolean isLabel(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith("." + extension);
  }

  /**
   * The label in a file's text; null where there is none.
   *
   * @throws JsonProcessingException if the text should be JSON and is not
   */
  public @Nullable String in(String text) throws JsonProcessingException {
    String label = text;
    if (field != null) {
      JsonNode value = field(MAPPER.readTree(text));
      label = value.isValueNode() && !value.isNull() ? value.asText() : "";
    }
    String stripped = label.strip();
    return stripped.isEmpty() || stripped.length() > MAX_LENGTH ? null : stripped;
  }

  /** Returns the field of that name, or else of an object that the name's beginning names. */
  private JsonNode field(JsonNode object) {
    if (object.has(field)) {
      return onlyOne(object.get(field));
    }
    JsonNode value = object;
    for (String name : field.split("\\.", -1)) {
      value = onlyOne(value).path(name);
    }
    return onlyOne(value);
  }

  /** Returns the element of a list of one, else the value itself. */
  private static JsonNode onlyOne(JsonNode value) {
    return value.isArray() && value.size() == 1 ? value.get(0) : value;
  }

  /** As users write it. */
  @Override
  public String toString() {
    return field == null ? extension : extension + ":" + field;
  }
}
