package io.swavbeam.model.history;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A key that the earlier version did not have.
 *
 * @param key the key
 * @param before the value with the behaviour of the earlier version
 */
record KeyAdded(String key, JsonNode before) implements Upgrade {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(JsonParser.Feature.ALLOW_SINGLE_QUOTES);

  /**
   * @param before JSON, which may have single quotes
   */
  KeyAdded(String key, String before) {
    this(key, parse(before));
  }

  private static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Override
  public void apply(ObjectNode json) {
    json.putIfAbsent(key, before.deepCopy());
  }

  @Override
  public void undo(ObjectNode json) {
    // As text: a parsed 0 is an int, and that of a record may be a long.
    if (before.toString().equals(json.path(key).toString())) {
      json.remove(key);
    }
  }
}
