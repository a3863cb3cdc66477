package io.swavbeam.app.benchmark;

import io.swavbeam.app.command.ImageOptions;
import io.swavbeam.app.training.NetworkOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav benchmark}. Without {@code --input}, the pipelines are not measured. */
public interface BenchmarkOptions extends NetworkOptions, ImageOptions {
  @Description("Steps that are measured, at least ten, after ten to warm up.")
  @Default.Integer(40)
  int getSteps();

  void setSteps(int value);

  @Description(
      "Measure PyTorch and torchvision beside, in the machine's python3, and print the ratios.")
  @Default.Boolean(false)
  boolean getPeer();

  void setPeer(boolean value);
}
