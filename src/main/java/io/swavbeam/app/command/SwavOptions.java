package io.swavbeam.app.command;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;

/** Options of every command. */
public interface SwavOptions extends PipelineOptions {
  @Description(
      "Threads of TensorFlow inside large ops; 0 takes one for each processor. Equal results need"
          + " equal numbers.")
  @Default.Integer(0)
  int getTensorflowThreads();

  void setTensorflowThreads(int value);
}
