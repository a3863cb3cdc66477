package io.swavbeam.app;

import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav train}. */
public interface TrainOptions extends SwavOptions {
  @Description(
      "The images: files, folders, patterns; also .tar, .tar.gz, .zip, CIFAR-10 binary and IDX;"
          + " several are separated by commas.")
  List<String> getInput();

  void setInput(List<String> value);

  @Description("The run directory. An unfinished run of the same options is resumed.")
  String getOutput();

  void setOutput(String value);

  @Description("The recipe: cifar10, demo, tutorial, or a JSON file like theirs.")
  @Default.String("cifar10")
  String getPreset();

  void setPreset(String value);

  @Description("Steps of the whole run; without it, --epochs or the preset's epochs.")
  Long getSteps();

  void setSteps(Long value);

  @Description("Passes over the images.")
  Integer getEpochs();

  void setEpochs(Integer value);

  @Description("Images a step; without it, the preset's.")
  Integer getBatchSize();

  void setBatchSize(Integer value);

  @Description("Seed of the weights, the order of the images and the crops.")
  @Default.Long(1)
  long getSeed();

  void setSeed(long value);

  @Description("Steps whose crops are held in memory at most, at least 2.")
  @Default.Integer(4)
  int getWindow();

  void setWindow(int value);

  @Description("Steps between two checkpoints.")
  @Default.Integer(100)
  int getCheckpointEvery();

  void setCheckpointEvery(int value);

  @Description("Newest checkpoints that are kept.")
  @Default.Integer(3)
  int getKeepCheckpoints();

  void setKeepCheckpoints(int value);
}
