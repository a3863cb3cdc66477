package io.swavbeam.app.runner;

import io.swavbeam.app.command.SwavOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of pipelines with {@code --runner=FlinkRunner}. */
public interface FlinkOptions extends SwavOptions {
  @Description(
      "What travels to a Flink cluster with a job: none, where the cluster has swav, as its image"
          + " and `swav cluster` have; application, where it has the libraries only; all, where it"
          + " is a plain Flink, which then can run one such job only.")
  @Default.String("none")
  String getStage();

  void setStage(String value);

  @Description("On a cluster: a signal ends the command alone, and its job goes on.")
  @Default.Boolean(false)
  boolean getDetached();

  void setDetached(boolean value);
}
