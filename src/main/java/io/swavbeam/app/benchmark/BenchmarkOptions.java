package io.swavbeam.app.benchmark;

import io.swavbeam.app.command.ImageOptions;
import io.swavbeam.app.training.NetworkOptions;
import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Options of {@code swav benchmark}. Without {@code --input}, the pipelines are not measured. */
public interface BenchmarkOptions extends NetworkOptions, ImageOptions {
  int STEPS = 40;

  @Description("Steps that are measured, at least ten, after ten to warm up.")
  @Default.Integer(STEPS)
  int getSteps();

  void setSteps(int value);

  @Description(
      "Also measure PyTorch and torchvision in the machine's python3, and print the ratios.")
  @Default.Boolean(false)
  boolean getPeer();

  void setPeer(boolean value);

  @Description(
      "Prints only a table of the training step of several presets on the processors, "
          + "in float32 and bfloat16: all, or names and files separated by commas. Takes "
          + "about half an hour on two cores.")
  @Nullable List<String> getPresets();

  void setPresets(List<String> value);

  @Description("With --presets: native, or avx2 to use no newer instruction sets on both sides.")
  @Default.String("native")
  String getCpu();

  void setCpu(String value);
}
