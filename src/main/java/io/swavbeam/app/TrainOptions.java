package io.swavbeam.app;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav train}. */
public interface TrainOptions extends NetworkOptions, ImageOptions {

  @Description("The run directory. An unfinished run of the same options is resumed.")
  String getOutput();

  void setOutput(String value);

  @Description("Steps of the whole run; without it, --epochs.")
  Long getSteps();

  void setSteps(Long value);

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

  @Description(
      "Besides the newest, every checkpoint whose step is a multiple of this stays; 0: none.")
  @Default.Integer(0)
  int getKeepEvery();

  void setKeepEvery(int value);

  @Description("Whether to go on with a run that is in --output; if not, --output must be new.")
  @Default.Boolean(true)
  boolean getResume();

  void setResume(boolean value);
}
