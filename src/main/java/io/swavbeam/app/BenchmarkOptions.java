package io.swavbeam.app;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav benchmark}. */
public interface BenchmarkOptions extends SwavOptions {
  @Description("An archive of images.")
  String getInput();

  void setInput(String value);

  @Description("The recipe whose steps are measured.")
  @Default.String("cifar10")
  String getPreset();

  void setPreset(String value);

  @Description("Steps that are measured, after ten to warm up.")
  @Default.Integer(40)
  int getSteps();

  void setSteps(int value);
}
