package io.swavbeam.model.plan;

import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.graph.TrainingGraph;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Hardware;
import java.util.OptionalInt;

/** The hardware that a run is planned for. */
public interface Machine {
  /** Returns whether the network is on a GPU. */
  boolean hasGpu();

  /**
   * Returns the precision to compute in.
   *
   * @param name name of a precision, or {@code auto} for the fastest
   * @throws io.swavbeam.model.config.InvalidConfigException in one line, if there is no such
   *     precision, or the hardware cannot compute in it
   */
  Precision precision(String name);

  /** Returns the largest batch of a recipe that fits into memory, at least 1. */
  int largestBatch(SwavConfig recipe, Precision precision);

  /** Returns the smallest number of micro-batches that fit into memory; empty if none does. */
  OptionalInt microBatches(SwavConfig recipe, Precision precision);

  /**
   * Returns the devices of this process as a machine.
   *
   * @param window steps whose crops are held in memory
   */
  static Machine of(Devices devices, int window) {
    return new Machine() {
      @Override
      public boolean hasGpu() {
        return !devices.areCpus();
      }

      @Override
      public Precision precision(String name) {
        return Hardware.precision(name, devices);
      }

      @Override
      public int largestBatch(SwavConfig recipe, Precision precision) {
        return TrainingGraph.largestBatch(recipe, precision, devices);
      }

      @Override
      public OptionalInt microBatches(SwavConfig recipe, Precision precision) {
        return TrainingGraph.microBatches(recipe, precision, devices, window);
      }
    };
  }
}
