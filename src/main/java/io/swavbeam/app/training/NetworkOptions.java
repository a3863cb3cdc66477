package io.swavbeam.app.training;

import io.swavbeam.app.command.RecipeOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of the recipe and the hardware. */
public interface NetworkOptions extends RecipeOptions, DeviceOptions {
  @Description(
      "The recipe: auto, which chooses by the images and the hardware, or cifar10, cifar10-resnet18,"
          + " demo, imagenet, imagenet-large-batch, photos, tutorial, or a JSON file like theirs."
          + " Every value of it is an option too.")
  @Default.String("auto")
  String getPreset();

  void setPreset(String value);

  @Description(
      "Type of the backbone's activations: auto, float32, bfloat16 or float16. auto "
          + "uses the fastest type of the hardware.")
  @Default.String("auto")
  String getPrecision();

  void setPrecision(String value);
}
