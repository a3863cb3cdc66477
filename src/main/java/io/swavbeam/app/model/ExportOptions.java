package io.swavbeam.app.model;

import io.swavbeam.app.command.SwavOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav export}. */
public interface ExportOptions extends SwavOptions {
  @Description(
      "The run directory of a training, which may still be running; for other formats than"
          + " saved_model, the folder of any model too.")
  String getRun();

  void setRun(String value);

  @Description(
      "saved_model, for embedding here; safetensors, the weights by PyTorch's names; onnx, the network"
          + " for embedding elsewhere.")
  @Default.String("saved_model")
  String getFormat();

  void setFormat(String value);

  @Description("File to write, for other formats than saved_model.")
  String getOutput();

  void setOutput(String value);
}
