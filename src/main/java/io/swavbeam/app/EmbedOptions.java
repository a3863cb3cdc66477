package io.swavbeam.app;

import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav embed}. */
public interface EmbedOptions extends SwavOptions {
  @Description("The run directory of a finished training.")
  String getModel();

  void setModel(String value);

  @Description(
      "The images: files, folders, patterns; also .tar, .tar.gz, .zip, CIFAR-10 binary and IDX;"
          + " several are separated by commas.")
  List<String> getInput();

  void setInput(List<String> value);

  @Description("Folder for the embeddings, which must hold none yet.")
  String getOutput();

  void setOutput(String value);

  @Description("Images that the network sees at once.")
  @Default.Integer(128)
  int getBatchSize();

  void setBatchSize(int value);
}
