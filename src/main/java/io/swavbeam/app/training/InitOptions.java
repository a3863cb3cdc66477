package io.swavbeam.app.training;

import io.swavbeam.app.command.SwavOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of the initial model of a new run. */
public interface InitOptions extends SwavOptions {
  @Description(
      "A model whose weights a new run begins with, a run directory or what `swav import` wrote; the"
          + " backbone's, and those of head and prototypes where their sizes agree.")
  String getInit();

  void setInit(String value);

  @Description(
      "With --init: steps in which the backbone stays as it began, and only the rest learns.")
  @Default.Long(0)
  long getFreezeBackbone();

  void setFreezeBackbone(long value);
}
