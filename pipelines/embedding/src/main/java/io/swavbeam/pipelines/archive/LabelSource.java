package io.swavbeam.pipelines.archive;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Serializable;
import java.util.Locale;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The file with the label of an image in a tar. It has the same key as the image, as in WebDataset.
 *
 * @param extension the extension of the file: {@code cls}, {@code txt} or {@code json}
 * @param field the field of the JSON object, or null; a path with dots for a field of a nested
 *     object ({@code class.name})
 */
public record LabelSource(String extension, @Nullable String field) implements Serializable {
  /** Files that contain only the label. */
  public static final LabelSource CLS = new LabelSource("cls", null);

  private static final int MAX_LENGTH = 4096;
  private static final String JSON = "json";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * Parses an option.
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

  /** Returns whether an entry with this name is a label. */
  public boolean isLabel(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith("." + extension);
  }

  /**
   * Returns the label in the text of a file; null if there is none.
   *
   * @throws JsonProcessingException if JSON is expected, and the text is not JSON
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

  /**
   * Returns the field of that name. If there is none, splits the name at its dots and looks in
   * nested objects.
   */
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

  /** Returns the only element of a list, else the value itself. */
  private static JsonNode onlyOne(JsonNode value) {
    return value.isArray() && value.size() == 1 ? value.get(0) : value;
  }

  /** Returns the option, as {@link #parse} takes it. */
  @Override
  public String toString() {
    return field == null ? extension : extension + ":" + field;
  }
}
