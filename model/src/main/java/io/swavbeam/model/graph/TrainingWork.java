package io.swavbeam.model.graph;

import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.MatrixPeak;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;

/**
 * The arithmetic of training, known before the first step.
 *
 * @param operations floating point operations of a step's convolutions and matrix products, which
 *     are nearly all
 * @param steps that are to be done
 * @param devices that compute
 * @param narrow whether they multiply numbers of 16 bits by themselves
 */
public record TrainingWork(double operations, long steps, Devices devices, boolean narrow) {
  /** Measured on CPUs: steps reach 0.3 of the peak (ResNet-50) to 0.8 (a small network). */
  private static final double PART_OF_PEAK = 0.4;

  /** All of them. */
  public double total() {
    return operations * steps;
  }

  /** How long it will take, about; multiplies large matrices for it, for half a second or so. */
  public double seconds() {
    double peak =
        narrow
            ? MatrixPeak.measure(devices, TBfloat16.class)
            : MatrixPeak.measure(devices, TFloat32.class);
    return total() / (PART_OF_PEAK * 1e9 * peak * devices.count());
  }
}
