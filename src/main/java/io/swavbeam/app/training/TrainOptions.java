package io.swavbeam.app.training;

import io.swavbeam.app.command.ImageOptions;
import io.swavbeam.app.command.ListingOptions;
import io.swavbeam.app.runner.FlinkOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav train}. */
public interface TrainOptions
    extends InitOptions,
        NetworkOptions,
        ImageOptions,
        ListingOptions,
        CheckpointOptions,
        TrainerSecurityOptions,
        FlinkOptions {
  @Description("The run directory. An unfinished run of the same options is resumed.")
  String getOutput();

  void setOutput(String value);

  @Description(
      "List the images, print the run that would be trained, and stop. Nothing is written but --listings.")
  @Default.Boolean(false)
  boolean getPlan();

  void setPlan(boolean value);

  @Description("Steps of the whole run. Default: the epochs of the recipe.")
  Long getSteps();

  void setSteps(Long value);

  @Description("Seed of the weights, the order of the images and the crops.")
  @Default.Long(1)
  long getSeed();

  void setSeed(long value);

  @Description("Fraction of the images that may be unreadable. If there are more, the run stops.")
  @Default.Double(0.1)
  double getMaxUnreadable();

  void setMaxUnreadable(double value);

  @Description(
      "host:port of a `swav trainer`, for workers in other processes; without it, this process"
          + " trains.")
  String getTrainer();

  void setTrainer(String value);

  @Description("Seconds that workers wait for a trainer that does not answer.")
  @Default.Integer(600)
  int getTrainerPatience();

  void setTrainerPatience(int value);

  @Description("Whether to resume a run in --output. If false, --output must be new.")
  @Default.Boolean(true)
  boolean getResume();

  void setResume(boolean value);
}
