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
  /** The values of the recipe that the command line gives, by their names. */
  @JsonIgnore
  @Default.InstanceFactory(None.class)
  ObjectNode getRecipeValues();

  void setRecipeValues(ObjectNode values);

  /** Makes an empty object. */
  class None implements DefaultValueFactory<ObjectNode> {
    @Override
    public ObjectNode create(PipelineOptions options) {
      return JsonNodeFactory.instance.objectNode();
    }
  }
}
