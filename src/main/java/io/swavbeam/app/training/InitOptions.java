package io.swavbeam.app.training;

import io.swavbeam.app.command.SwavOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of the initial model of a new run. */
public interface InitOptions extends SwavOptions {
  @Description(
      "Initial model of a new run: a run directory or the output of `swav import`. Uses"
          + " the backbone, and the head and the prototypes if their sizes match.")
  String getInit();

  void setInit(String value);

  @Description("With --init: number of steps in which the backbone is frozen.")
  @Default.Long(0)
  long getFreezeBackbone();

  void setFreezeBackbone(long value);
}
