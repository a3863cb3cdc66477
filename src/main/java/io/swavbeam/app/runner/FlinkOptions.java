package io.swavbeam.app.runner;

import io.swavbeam.app.command.SwavOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of pipelines with {@code --runner=FlinkRunner}. */
public interface FlinkOptions extends SwavOptions {
  @Description(
      "Files to upload to a Flink cluster with a job. none: swav is installed on the cluster, as in"
          + " its image and with `swav cluster`. application: only its libraries are installed."
          + " all: nothing is installed; such a cluster can run only one such job.")
  @Default.String("none")
  String getStage();

  void setStage(String value);

  @Description("On a cluster: a signal ends only the command, and its job continues.")
  @Default.Boolean(false)
  boolean getDetached();

  void setDetached(boolean value);
}
