package io.swavbeam.model.run;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.history.History;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Processor;
import io.swavbeam.model.tensorflow.Sessions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The environment of a run, besides its configuration. A run that is resumed in an equal
 * environment ends with the same bits. In another one, it ends with a model of the same quality.
 *
 * <p>Written to the run directory as {@value #FILE}.
 *
 * @param kernels the kernels that compute, see {@link Processor#kernels}; {@code CUDA} on GPUs
 * @param threads number of TensorFlow's threads, which share the terms of sums
 * @param arithmetic version of the ops of the network; other ops round differently
 */
public record RunEnvironment(String kernels, int threads, int arithmetic) {
  public static final String FILE = "environment.json";

  /**
   * The current version of the ops. In version 1, TensorFlow's fused op normalised float32 batch
   * norms on a CPU. Up to 2, the gradient of max pooling was not oneDNN's. Up to 3, the variance of
   * batch norms was the mean of squared differences, and gradients of kernels in bfloat16 were
   * always matrix products. Up to 4, a graph of more than 200 MB added three or more tensors in the
   * order in which they were computed.
   */
  private static final int CURRENT_ARITHMETIC = 5;

  /** Returns the environment of this process. */
  public static RunEnvironment of(Devices devices) {
    String kernels = devices.areCpus() ? Processor.ofThisMachine().kernels() : "CUDA";
    return new RunEnvironment(kernels, Sessions.threads(), CURRENT_ARITHMETIC);
  }

  /**
   * Writes this to a run directory, or compares it with what is there.
   *
   * @param isNew whether the run has no finished step
   * @return one line, if the run was begun in another environment
   * @throws io.swavbeam.model.config.InvalidConfigException if the file is damaged
   */
  public Optional<String> claim(Path run, boolean isNew) throws IOException {
    Path file = run.resolve(FILE);
    if (isNew) {
      AtomicFiles.write(file, ConfigJson.write(this, History.ENVIRONMENT));
      return Optional.empty();
    }
    if (!Files.exists(file)) {
      return Optional.empty(); // begun by a version that did not write this file
    }
    RunEnvironment begun =
        ConfigJson.read(
            Files.readString(file), RunEnvironment.class, file.toString(), History.ENVIRONMENT);
    if (begun.equals(this)) {
      return Optional.empty();
    }
    return Optional.of(
        "the run was begun with %s and continues with %s: its weights will differ in the last bits"
            .formatted(begun, this));
  }

  @Override
  public String toString() {
    return "%s on %d threads, arithmetic %d".formatted(kernels, threads, arithmetic);
  }
}
