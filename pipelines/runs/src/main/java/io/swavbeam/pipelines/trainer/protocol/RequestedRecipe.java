package io.swavbeam.pipelines.trainer.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import io.swavbeam.model.config.AutoRecipe;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.RecipeOverrides;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.graph.TrainingGraph;
import io.swavbeam.model.tensorflow.Devices;
import java.util.List;
import java.util.function.Consumer;
import org.apache.beam.sdk.annotations.Internal;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The recipe that somebody wants, or what the trainer needs to choose one. */
@Internal
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = RequestedRecipe.Named.class, name = "named"),
  @JsonSubTypes.Type(value = RequestedRecipe.Chosen.class, name = "chosen")
})
public sealed interface RequestedRecipe {
  /**
   * The recipe on these devices.
   *
   * @param begun the run that is there, or null
   * @param reasons gets three lines that say why, where it is chosen now
   */
  SwavConfig on(
      Devices devices,
      Precision precision,
      @Nullable RunConfig begun,
      Consumer<List<String>> reasons);

  /** One that is the same everywhere. */
  record Named(SwavConfig recipe) implements RequestedRecipe {
    @Override
    public SwavConfig on(
        Devices devices,
        Precision precision,
        @Nullable RunConfig begun,
        Consumer<List<String>> reasons) {
      return recipe;
    }
  }

  /**
   * That of the run that is there, else the one that {@link AutoRecipe} chooses.
   *
   * @param images what is known of them
   * @param changes values that are other than in it, by their names
   */
  record Chosen(AutoRecipe.Images images, JsonNode changes) implements RequestedRecipe {
    @Override
    public SwavConfig on(
        Devices devices,
        Precision precision,
        @Nullable RunConfig begun,
        Consumer<List<String>> reasons) {
      if (begun != null) {
        return RecipeOverrides.apply(begun.recipe(), changes);
      }
      AutoRecipe choice =
          AutoRecipe.of(
              images,
              !devices.areCpus(),
              recipe -> TrainingGraph.largestBatch(recipe, precision, devices));
      reasons.accept(choice.reasons());
      return RecipeOverrides.apply(choice.recipe(), changes);
    }
  }
}
