package io.swavbeam.model.layers;

/** What a pass through the network is for. */
public enum Mode {
  /** Batch norm takes the statistics of the pass and updates the running ones. */
  TRAINING,
  /** Batch norm takes the running statistics. */
  INFERENCE
}
