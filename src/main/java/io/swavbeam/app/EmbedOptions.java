package io.swavbeam.app;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav embed}. */
public interface EmbedOptions extends ImageOptions, FlinkOptions {
  @Description("The run directory of a finished training.")
  String getModel();

  void setModel(String value);

  @Description("Folder for the embeddings, which must hold none yet.")
  String getOutput();

  void setOutput(String value);

  @Description("Images that the network sees at once.")
  @Default.Integer(128)
  int getBatchSize();

  void setBatchSize(int value);
}
