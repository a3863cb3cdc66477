package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * A value of a recipe, such as {@code batchSize}. Its name is unique in the recipe.
 *
 * @param name the name, as in JSON
 * @param description one sentence for users
 * @param type type of the value, or of the elements of a list
 * @param isList whether the value is a list
 */
public record RecipeValue(String name, String description, Class<?> type, boolean isList) {
  /** All values of a recipe, in the order of its records. */
  public static final List<RecipeValue> ALL = List.copyOf(of(SwavConfig.class));

  private static List<RecipeValue> of(Class<?> section) {
    List<RecipeValue> values = new ArrayList<>();
    for (RecordComponent component : section.getRecordComponents()) {
      if (component.getType().isRecord()) {
        values.addAll(of(component.getType()));
        continue;
      }
      boolean isList = component.getGenericType() instanceof ParameterizedType;
      Type type =
          component.getGenericType() instanceof ParameterizedType list
              ? list.getActualTypeArguments()[0]
              : component.getType();
      values.add(
          new RecipeValue(
              component.getName(),
              component.getAccessor().getAnnotation(JsonPropertyDescription.class).value(),
              (Class<?>) type,
              isList));
    }
    return values;
  }

  /**
   * Parses a value from the command line. The elements of a list are separated by commas.
   *
   * @return the value as JSON; a text if it cannot be parsed as a number
   * @throws InvalidConfigException in one line, if a crop does not look like {@code 2x224:0.14-1}
   */
  public JsonNode parse(String text) {
    if (!isList) {
      return element(text);
    }
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (String element : text.split(",", -1)) {
      list.add(element(element));
    }
    return list;
  }

  private JsonNode element(String text) {
    if (type == CropSpec.class) {
      return ConfigJson.tree(CropSpec.parse(text));
    }
    if (type == String.class || type.isEnum()) {
      return new TextNode(text);
    }
    try {
      return text.matches("[-+]?\\d+")
          ? JsonNodeFactory.instance.numberNode(new BigInteger(text))
          : DecimalNode.valueOf(new BigDecimal(text));
    } catch (NumberFormatException e) {
      return new TextNode(text);
    }
  }
}
