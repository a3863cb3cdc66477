package io.swavbeam.app.training;

import io.swavbeam.app.command.SwavOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of the hardware. */
public interface DeviceOptions extends SwavOptions {
  @Description(
      "What computes: auto, cpu, gpu:0, or several GPUs, over which the batch is split:"
          + " gpu:0,gpu:1. auto takes the first GPU, if there is one.")
  @Default.String("auto")
  String getDevice();

  void setDevice(String value);
}
