package io.swavbeam.app.training;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav trainer}. */
public interface TrainerOptions
    extends TrainerSecurityOptions, CheckpointOptions, DeviceOptions, InitOptions {
  @Description(
      "The run directory. A run in it is resumed at once. A new run waits for `swav "
          + "train --trainer=`.")
  String getRun();

  void setRun(String value);

  @Description("Address to listen at. Any other than the loopback interface needs a --tokenFile.")
  @Default.String("localhost")
  String getHost();

  void setHost(String value);

  @Description("Port for the workers; 0 takes a free one.")
  @Default.Integer(7070)
  int getPort();

  void setPort(int value);

  @Description("Port of /metrics and /health, at the same address; 0 takes a free one.")
  @Default.Integer(7071)
  int getMetricsPort();

  void setMetricsPort(int value);
}
