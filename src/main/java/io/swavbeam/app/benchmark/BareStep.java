package io.swavbeam.app.benchmark;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.graph.TrainingGraph;
import io.swavbeam.model.graph.TrainingSchedule;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Hardware;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TUint8;

/** Training steps without pipelines, with crops from memory. */
final class BareStep {
  static final String WARM = "warm";

  private BareStep() {}

  /**
   * Measures training steps.
   *
   * @param warmUp the number of steps before the measured ones, at least one
   * @param whenWarm called before the first measured step
   * @return images per second
   */
  static double measure(
      SwavConfig recipe,
      Precision precision,
      Devices devices,
      int warmUp,
      int steps,
      Runnable whenWarm) {
    List<List<TUint8>> crops = new ArrayList<>();
    Random random = new Random(1);
    for (int shard = 0; shard < recipe.shardsPerStep(); shard++) {
      List<TUint8> groups = new ArrayList<>();
      for (CropSpec spec : recipe.crops()) {
        groups.add(noise(random, spec.count(), recipe.shardSize(), spec.size(), spec.size(), 3));
      }
      crops.add(groups);
    }
    // All steps are in one epoch, because the queue begins with a new epoch and another graph.
    long images = (long) (warmUp + steps) * recipe.batchSize();
    TrainingSchedule schedule =
        new TrainingSchedule(new RunConfig(recipe, precision, 1, warmUp + steps, images, ""));
    try (TrainingGraph graph = new TrainingGraph(recipe, precision, 1, devices)) {
      long start = 0;
      for (int step = 0; step < warmUp + steps; step++) {
        if (step == warmUp) {
          whenWarm.run();
          start = System.nanoTime();
        }
        graph.step(crops, schedule.at(step));
      }
      return (long) steps * recipe.batchSize() / ((System.nanoTime() - start) / 1e9);
    } finally {
      crops.forEach(shard -> shard.forEach(TUint8::close));
    }
  }

  static TUint8 noise(Random random, long... shape) {
    TUint8 tensor = TUint8.tensorOf(Shape.of(shape));
    byte[] bytes = new byte[Math.toIntExact(tensor.size())];
    random.nextBytes(bytes);
    tensor.asRawTensor().data().write(bytes);
    return tensor;
  }

  /**
   * Measures in a separate process. Prints {@value #WARM} before the first measured step, and
   * images per second in the last line.
   *
   * @param arguments the file of a recipe, the precision, the number of steps to warm up, the
   *     number of steps to measure
   */
  public static void main(String[] arguments) {
    try {
      double rate =
          measure(
              Presets.load(arguments[0]),
              Hardware.precision(arguments[1]),
              Devices.cpu(),
              Integer.parseInt(arguments[2]),
              Integer.parseInt(arguments[3]),
              () -> System.out.println(WARM));
      System.out.printf(Locale.ROOT, "%.4f%n", rate);
    } catch (RuntimeException e) {
      // The parent process shows the last line.
      e.printStackTrace();
      System.err.println(e);
      System.exit(1);
    }
  }
}
