package io.swavbeam.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** Recipes with some of their values changed: every value has a name of its own. */
public final class RecipeOverrides {
  private RecipeOverrides() {}

  /**
   * Changes a recipe.
   *
   * @param values new values by the name of what they replace, as JSON; other names are ignored
   * @return a recipe that is as valid as any
   * @throws InvalidConfigException in one line, if it is not
   */
  public static SwavConfig apply(SwavConfig recipe, JsonNode values) {
    ObjectNode tree = ConfigJson.tree(recipe);
    replace(tree, values);
    return ConfigJson.read(tree, SwavConfig.class, "recipe");
  }

  private static void replace(ObjectNode node, JsonNode values) {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (field.getValue() instanceof ObjectNode section) {
        replace(section, values);
      } else if (values.hasNonNull(field.getKey())) {
        field.setValue(values.get(field.getKey()));
      }
    }
  }
}
