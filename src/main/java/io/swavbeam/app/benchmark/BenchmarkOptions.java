package io.swavbeam.app.benchmark;

import io.swavbeam.app.command.ImageOptions;
import io.swavbeam.app.training.NetworkOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/**
 * Options of {@code swav benchmark}. Without {@code --input}, only the training step and the way of
 * the batch shards are measured.
 */
public interface BenchmarkOptions extends NetworkOptions, ImageOptions {
  @Description("Steps that are measured, at least ten, after ten to warm up.")
  @Default.Integer(40)
  int getSteps();

  void setSteps(int value);
}
