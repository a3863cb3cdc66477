package io.swavbeam.model.layers;

/** The purpose of a pass through the network. */
public enum Mode {
  /** Batch norm takes the statistics of the pass and updates the running ones. */
  TRAINING,
  /** Batch norm takes the running statistics. */
  INFERENCE
}
