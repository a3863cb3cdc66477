package io.swavbeam.model.plan;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import io.swavbeam.model.config.SwavConfig;

/** A recipe, or the request to choose one. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = RecipeRequest.Named.class, name = "named"),
  @JsonSubTypes.Type(value = RecipeRequest.Chosen.class, name = "chosen")
})
public sealed interface RecipeRequest {
  /** A recipe that is the same for all images and on all hardware. */
  record Named(SwavConfig recipe) implements RecipeRequest {}

  /**
   * The recipe of the run that is already there. If there is none, a recipe for the images and the
   * hardware.
   *
   * @param changes values that replace those of the recipe, by their names
   */
  record Chosen(JsonNode changes) implements RecipeRequest {}
}
