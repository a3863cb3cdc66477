package io.swavbeam.app.command;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.DefaultValueFactory;
import org.apache.beam.sdk.options.PipelineOptions;

/**
 * Options of the commands that take a recipe. Each {@link io.swavbeam.model.config.RecipeValue
 * value} of the recipe is an option.
 */
public interface RecipeOptions extends SwavOptions {
  /** Returns the values of the recipe in the command line, by name. */
  @JsonIgnore
  @Default.InstanceFactory(None.class)
  ObjectNode getRecipeValues();

  void setRecipeValues(ObjectNode values);

  /** Creates an empty object. */
  class None implements DefaultValueFactory<ObjectNode> {
    @Override
    public ObjectNode create(PipelineOptions options) {
      return JsonNodeFactory.instance.objectNode();
    }
  }
}
