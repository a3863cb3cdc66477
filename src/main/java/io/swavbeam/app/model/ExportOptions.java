package io.swavbeam.app.model;

import io.swavbeam.app.command.SwavOptions;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav export}. */
public interface ExportOptions extends SwavOptions {
  @Description("The run directory of a training, which may still be running.")
  String getRun();

  void setRun(String value);
}
