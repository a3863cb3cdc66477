package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.history.History;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A reader and writer of configurations as JSON. Unknown and missing keys are errors, so that a
 * misspelt key is never ignored.
 */
public final class ConfigJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .defaultSetterInfo(JsonSetter.Value.forContentNulls(Nulls.FAIL))
          .build();

  private static final Pattern MISSING = Pattern.compile("^Missing creator property '(.*?)'");

  private static final int MAX_SHOWN_LENGTH = 60;
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private ConfigJson() {}

  /** Returns a value as indented JSON that ends with a line break. */
  public static String write(Object value) {
    try {
      DefaultPrettyPrinter printer =
          new DefaultPrettyPrinter()
              .withObjectIndenter(new DefaultIndenter("  ", "\n"))
              .withArrayIndenter(DefaultPrettyPrinter.FixedSpaceIndenter.instance);
      return MAPPER.writer(printer).writeValueAsString(value) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot be written as JSON: " + value, e);
    }
  }

  /** Reads a value from a tree; see {@link #read(String, Class, String)}. */
  public static <T> T read(JsonNode tree, Class<T> type, String origin) {
    return read(tree, tree.toString(), type, origin);
  }

  static ObjectNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /**
   * Reads a value.
   *
   * @param origin the name of the text in errors, for example the name of its file
   * @throws InvalidConfigException in one line, if a key is unknown, missing or has a bad value
   */
  public static <T> T read(String json, Class<T> type, String origin) {
    return read(json, type, origin, History.NONE);
  }

  private static <T> T read(JsonNode tree, String json, Class<T> type, String origin) {
    try {
      if (tree.isNull()) {
        throw new InvalidConfigException(
            "%s: it must be %s, not null".formatted(origin, described(type)));
      }
      if (tree.isContainerNode()) {
        requireFinite(tree, JsonPointer.empty(), json, origin);
      }
      return MAPPER.treeToValue(tree, type);
    } catch (UnrecognizedPropertyException e) {
      throw new InvalidConfigException(
          "%s: unknown key '%s'%s; known keys: %s"
              .formatted(
                  origin,
                  e.getPropertyName(),
                  line(json, pointer(e)),
                  new TreeSet<>(e.getKnownPropertyIds())),
          e);
    } catch (ValueInstantiationException e) {
      // An unexpected exception of a constructor may have no message.
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new InvalidConfigException(
          "%s: %s".formatted(origin, cause.getMessage() == null ? cause : cause.getMessage()), e);
    } catch (JsonMappingException e) {
      throw new InvalidConfigException("%s: %s".formatted(origin, mismatch(e, tree, json)), e);
    } catch (JsonProcessingException e) {
      throw new InvalidConfigException("%s: %s".formatted(origin, e.getOriginalMessage()), e);
    }
  }

  /** Returns which key has a bad value, and which values it can have. */
  private static String mismatch(JsonMappingException e, JsonNode tree, String json) {
    Matcher missing = MISSING.matcher(e.getOriginalMessage());
    if (missing.find()) {
      return "key '%s' is missing".formatted(missing.group(1));
    }
    JsonPointer pointer = pointer(e);
    JsonNode found = tree.at(pointer);
    String key =
        e.getPath().stream()
            .map(JsonMappingException.Reference::getFieldName)
            .filter(Objects::nonNull)
            .reduce((before, last) -> last)
            .orElse("");
    Class<?> wanted = null;
    if (e instanceof MismatchedInputException type) {
      wanted = type.getTargetType();
    } else if (e.getCause() instanceof InputCoercionException number) {
      wanted = number.getTargetType();
    }
    return "%s must be %s, not %s%s"
        .formatted(
            key.isEmpty() ? "it" : "key '%s'".formatted(key),
            wanted == null ? "of another type" : described(wanted),
            abbreviated(found.isTextual() ? "'%s'".formatted(found.asText()) : shown(found)),
            line(json, pointer));
  }

  private static String abbreviated(String text) {
    return text.length() <= MAX_SHOWN_LENGTH ? text : text.substring(0, MAX_SHOWN_LENGTH) + "...";
  }

  private static String described(Class<?> type) {
    if (type.getEnumConstants() != null) {
      return "one of " + MAPPER.valueToTree(type.getEnumConstants());
    }
    if (type == String.class) {
      return "a text";
    }
    if (Collection.class.isAssignableFrom(type)) {
      return "a list";
    }
    if (type == int.class || type == Integer.class) {
      return "a whole number of at most " + Integer.MAX_VALUE;
    }
    if (type == long.class || type == Long.class) {
      return "a whole number";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    return type.isRecord() ? "an object" : "a number";
  }

  private static JsonPointer pointer(JsonMappingException e) {
    JsonPointer pointer = JsonPointer.empty();
    for (JsonMappingException.Reference step : e.getPath()) {
      pointer =
          step.getFieldName() == null
              ? pointer.appendIndex(step.getIndex())
              : pointer.appendProperty(step.getFieldName());
    }
    return pointer;
  }

  /**
   * Returns the line of a value in a text as {@code " (line 3)"}; empty if it is not in the text.
   */
  private static String line(String json, JsonPointer pointer) {
    try (JsonParser parser = MAPPER.createParser(json)) {
      while (parser.nextToken() != null) {
        if (parser.currentToken() != JsonToken.FIELD_NAME
            && parser.getParsingContext().pathAsPointer().equals(pointer)) {
          return " (line %d)".formatted(parser.currentTokenLocation().getLineNr());
        }
      }
      return "";
    } catch (IOException e) {
      return ""; // it was read before, from other text
    }
  }

  private static void requireFinite(
      JsonNode node, JsonPointer pointer, String json, String origin) {
    if (node.isFloatingPointNumber() && !Double.isFinite(node.asDouble())) {
      JsonPointer named = pointer.last().mayMatchElement() ? pointer.head() : pointer;
      throw new InvalidConfigException(
          "%s: key '%s' must be finite, not %s%s"
              .formatted(
                  origin, named.last().getMatchingProperty(), node.asText(), line(json, pointer)));
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      requireFinite(field.getValue(), pointer.appendProperty(field.getKey()), json, origin);
    }
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      requireFinite(node.get(i), pointer.appendIndex(i), json, origin);
    }
  }

  /** Parses a text, without the byte order mark that some editors write before UTF-8. */
  private static JsonNode parse(String json, String origin) {
    try {
      JsonNode tree = MAPPER.readTree(json.startsWith(BYTE_ORDER_MARK) ? json.substring(1) : json);
      if (tree.isMissingNode()) {
        throw new InvalidConfigException("%s is empty".formatted(origin));
      }
      return tree;
    } catch (JsonProcessingException e) {
      String message =
          e.getOriginalMessage()
              .replaceFirst("(?s) \\(start marker at.*", "")
              .replaceFirst("^Duplicate field ('.*')$", "key $1 is there twice")
              .replaceFirst("(?s)^Trailing token .*", "there is more after the end of the object")
              .replaceFirst("(?s)^Non-standard token '(.*?)'.*", "$1 is not a number in JSON")
              .replaceFirst("(?s)^Document nesting depth .*", "it is nested too deeply");
      JsonLocation at = e.getLocation();
      throw new InvalidConfigException(
          "%s: %s%s"
              .formatted(origin, message, at == null ? "" : " (line %d)".formatted(at.getLineNr())),
          e);
    }
  }

  /**
   * Reads a value that this version or an earlier one has written.
   *
   * @param origin the name of the text in errors
   * @throws InvalidConfigException in one line, also if a later version has written it
   */
  public static <T> T read(String json, Class<T> type, String origin, History history) {
    JsonNode tree = parse(json, origin);
    if (tree instanceof ObjectNode object) {
      upgrade(object, origin, history);
    }
    return read(tree, json, type, origin);
  }

  /**
   * Turns an object that an earlier version has written into one of the current version. Removes
   * the version number.
   *
   * @throws InvalidConfigException in one line, if a later version has written it
   */
  public static void upgrade(ObjectNode json, String origin, History history) {
    if (history.version() > 0) {
      JsonNode version = json.path(History.VERSION);
      ConfigCheck.that(
          version.isMissingNode()
              || (version.isIntegralNumber() && version.bigIntegerValue().signum() > 0),
          "%s: key 'version' must be a positive whole number, not %s",
          origin,
          version);
      if (version.bigIntegerValue().compareTo(BigInteger.valueOf(history.version())) > 0) {
        throw new InvalidConfigException(
            ErrorKind.LATER_FORMAT,
            origin,
            "%s has format %s, and this version supports formats up to %d: use the version of swav that wrote it"
                .formatted(origin, version, history.version()));
      }
      json.remove(History.VERSION);
    }
    history.apply(json);
  }

  /** Returns a value as JSON with the current version number of its format. */
  public static String write(Object value, History history) {
    return write(value, history, Map.of());
  }

  /**
   * Returns a value as JSON with the current version number of its format, and more keys at the
   * end.
   */
  public static String write(Object value, History history, Map<String, ?> more) {
    ObjectNode tree = MAPPER.createObjectNode().put(History.VERSION, history.version());
    tree.setAll(tree(value));
    more.forEach((key, part) -> tree.set(key, tree(part)));
    return write(tree);
  }

  /** Returns whether a text is a JSON object with a key. */
  static boolean hasKey(String json, String key) {
    try {
      return parse(json, key).has(key);
    } catch (InvalidConfigException e) {
      return false; // reading the value reports the error
    }
  }

  /**
   * Removes a key of an object, and returns its value.
   *
   * @return the value, or null if the key is absent
   * @throws InvalidConfigException in one line, if it has a bad value
   */
  public static <T> @Nullable T take(ObjectNode json, String key, Class<T> type, String origin) {
    JsonNode value = json.remove(key);
    return value == null ? null : read(value, type, origin + ": " + key);
  }

  /**
   * Parses an object.
   *
   * @throws InvalidConfigException in one line, if the text is something else
   */
  public static ObjectNode object(String json, String origin) {
    if (parse(json, origin) instanceof ObjectNode object) {
      return object;
    }
    throw new InvalidConfigException("%s: it is not a JSON object".formatted(origin));
  }

  /**
   * Returns the keys in which two JSON texts differ, as {@code recipe.loss.epsilon: 0.05 -> 0.03}.
   */
  public static List<String> differences(String before, String after) {
    try {
      List<String> differences = new ArrayList<>();
      compare("", MAPPER.readTree(before), MAPPER.readTree(after), differences);
      return differences;
    } catch (JsonProcessingException e) {
      return List.of("not readable as JSON: " + e.getOriginalMessage());
    }
  }

  private static void compare(String path, JsonNode before, JsonNode after, List<String> found) {
    if (before.isObject() && after.isObject()) {
      TreeSet<String> keys = new TreeSet<>();
      before.fieldNames().forEachRemaining(keys::add);
      after.fieldNames().forEachRemaining(keys::add);
      for (String key : keys) {
        compare(path.isEmpty() ? key : path + "." + key, before.path(key), after.path(key), found);
      }
    } else if (!before.equals(after)) {
      found.add("%s: %s -> %s".formatted(path, shown(before), shown(after)));
    }
  }

  private static String shown(JsonNode node) {
    return node.isMissingNode() ? "(none)" : node.toString();
  }
}
