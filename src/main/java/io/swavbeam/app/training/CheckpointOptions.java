package io.swavbeam.app.training;

import io.swavbeam.app.command.SwavOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of how a trainer stores its state. They do not change the result. */
public interface CheckpointOptions extends SwavOptions {
  @Description("Largest number of steps whose crops are held in memory, at least 2.")
  @Default.Integer(4)
  int getWindow();

  void setWindow(int value);

  @Description("Steps between two checkpoints.")
  @Default.Integer(100)
  int getCheckpointEvery();

  void setCheckpointEvery(int value);

  @Description("Number of newest checkpoints to keep.")
  @Default.Integer(3)
  int getKeepCheckpoints();

  void setKeepCheckpoints(int value);

  @Description("Also keep every checkpoint whose step is a multiple of this; 0 for none.")
  @Default.Integer(0)
  int getKeepEvery();

  void setKeepEvery(int value);
}
