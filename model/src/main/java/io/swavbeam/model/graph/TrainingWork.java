package io.swavbeam.model.graph;

import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.MatrixPeak;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;

/**
 * The arithmetic of a training, known before its first step.
 *
 * @param operations floating point operations of the convolutions and matrix products of a step,
 *     which are nearly all of its operations
 * @param steps number of steps
 * @param devices the devices that compute
 * @param narrow whether the devices have instructions that multiply numbers of 16 bits
 */
public record TrainingWork(double operations, long steps, Devices devices, boolean narrow) {
  /**
   * The fraction of the matrix peak that steps reach. On CPUs, 0.3 (ResNet-50) to 0.8 (small
   * networks) was measured.
   */
  private static final double PART_OF_PEAK = 0.4;

  /** Returns the floating point operations of all steps. */
  public double total() {
    return operations * steps;
  }

  /**
   * Returns an estimate of the duration. Multiplies large matrices for half a second to measure the
   * peak.
   */
  public double seconds() {
    double peak =
        narrow
            ? MatrixPeak.measure(devices, TBfloat16.class)
            : MatrixPeak.measure(devices, TFloat32.class);
    return total() / (PART_OF_PEAK * 1e9 * peak * devices.count());
  }
}
