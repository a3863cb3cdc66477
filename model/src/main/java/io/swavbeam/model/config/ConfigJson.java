package io.swavbeam.model.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Configurations as JSON: strict in both directions, so that a misspelt key is never ignored. */
public final class ConfigJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();

  private static final Pattern MISSING = Pattern.compile("^Missing creator property '(.*?)'");

  private ConfigJson() {}

  /** The value as indented JSON that ends with a line break. */
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

  static ObjectNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /**
   * Reads a value back.
   *
   * @param origin what an error calls the text, a file's name for example
   * @throws InvalidConfigException in one line, if a key is unknown, missing or has a bad value
   */
  public static <T> T read(String json, Class<T> type, String origin) {
    try {
      T value = MAPPER.readValue(json, type);
      if (value == null) {
        throw new InvalidConfigException("%s: null is no value".formatted(origin));
      }
      return value;
    } catch (UnrecognizedPropertyException e) {
      throw new InvalidConfigException(
          "%s: unknown key '%s'; known here are %s"
              .formatted(origin, e.getPropertyName(), new TreeSet<>(e.getKnownPropertyIds())),
          e);
    } catch (ValueInstantiationException e) {
      // What a constructor does not expect has no message of its own.
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new InvalidConfigException(
          "%s: %s".formatted(origin, cause.getMessage() == null ? cause : cause.getMessage()), e);
    } catch (InvalidFormatException e) {
      Object[] possible = e.getTargetType().getEnumConstants();
      throw new InvalidConfigException(
          "%s: key '%s' must be %s, not '%s'"
              .formatted(
                  origin,
                  e.getPath().get(e.getPath().size() - 1).getFieldName(),
                  possible == null
                      ? "of type " + e.getTargetType().getSimpleName()
                      : "one of " + MAPPER.valueToTree(possible),
                  e.getValue()),
          e);
    } catch (JsonProcessingException e) {
      Matcher missing = MISSING.matcher(e.getOriginalMessage());
      throw new InvalidConfigException(
          "%s: %s"
              .formatted(
                  origin,
                  missing.find()
                      ? "key '%s' is missing".formatted(missing.group(1))
                      : e.getOriginalMessage()),
          e);
    }
  }

  /**
   * The same, where earlier versions wrote fewer keys.
   *
   * @param absent the value of each key that may be missing
   */
  public static <T> T read(String json, Class<T> type, String origin, Map<String, Object> absent) {
    return read(json, type, origin, absent, Map.of());
  }

  /**
   * The same, where keys may be missing in sections too, also in those that are missing.
   *
   * @param absent the value of each key that may be missing
   * @param absentInSections the same for each section, by its key
   */
  public static <T> T read(
      String json,
      Class<T> type,
      String origin,
      Map<String, Object> absent,
      Map<String, Map<String, Object>> absentInSections) {
    JsonNode tree;
    try {
      tree = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new InvalidConfigException("%s: %s".formatted(origin, e.getOriginalMessage()), e);
    }
    putAbsent(tree, absent);
    absentInSections.forEach((section, values) -> putAbsent(tree.path(section), values));
    return read(tree.toString(), type, origin);
  }

  private static void putAbsent(JsonNode node, Map<String, Object> absent) {
    if (node instanceof ObjectNode object) {
      absent.forEach((key, value) -> object.putIfAbsent(key, MAPPER.valueToTree(value)));
    }
  }

  /** The value as {@link #write(Object)} has it, with more keys behind its own. */
  public static String write(Object value, Map<String, ?> more) {
    ObjectNode tree = tree(value);
    more.forEach((key, part) -> tree.set(key, tree(part)));
    return write(tree);
  }

  /** An object without some of its keys. */
  public static String without(String json, List<String> keys, String origin) {
    return object(json, origin).remove(keys).toString();
  }

  /**
   * Reads one key of an object.
   *
   * @param absent the value of each key of the value that may be missing
   * @return its value, or null if the key is absent
   * @throws InvalidConfigException in one line, if it has a bad value
   */
  public static <T> @Nullable T part(
      String json, String key, Class<T> type, String origin, Map<String, Object> absent) {
    JsonNode part = object(json, origin).get(key);
    return part == null ? null : read(part.toString(), type, origin + ": " + key, absent);
  }

  private static ObjectNode object(String json, String origin) {
    try {
      if (MAPPER.readTree(json) instanceof ObjectNode object) {
        return object;
      }
    } catch (JsonProcessingException e) {
      throw new InvalidConfigException("%s: %s".formatted(origin, e.getOriginalMessage()), e);
    }
    throw new InvalidConfigException("%s: it is no JSON object".formatted(origin));
  }

  /**
   * The keys in which two JSON texts differ, as paths such as {@code recipe.loss.epsilon: 0.05 ->
   * 0.03}.
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
