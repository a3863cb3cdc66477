package io.swavbeam.app.training;

import io.swavbeam.app.command.SwavOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of the hardware. */
public interface DeviceOptions extends SwavOptions {
  @Description(
      "Device: auto, cpu, gpu:0, or several GPUs that share the batch: gpu:0,gpu:1. "
          + "auto uses the first GPU, if there is one.")
  @Default.String("auto")
  String getDevice();

  void setDevice(String value);
}
