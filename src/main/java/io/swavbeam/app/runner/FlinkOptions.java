package io.swavbeam.app.runner;

import io.swavbeam.app.command.SwavOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of pipelines with {@code --runner=FlinkRunner}. */
public interface FlinkOptions extends SwavOptions {
  @Description(
      "Files to upload to a Flink cluster with a job. none: the cluster has swav, like "
          + "its image and `swav cluster`. application: it has only the libraries. all: it is"
          + " a plain Flink, which can run only one such job.")
  @Default.String("none")
  String getStage();

  void setStage(String value);

  @Description("On a cluster: a signal ends only the command, and its job continues.")
  @Default.Boolean(false)
  boolean getDetached();

  void setDetached(boolean value);
}
