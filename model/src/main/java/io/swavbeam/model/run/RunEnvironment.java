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
 * What a run was begun with beside its configuration: a run that goes on with the same ends with
 * the same bits, one that goes on with others with a model that is as good.
 *
 * <p>Written to the run directory as {@value #FILE}.
 *
 * @param kernels that compute: see {@link Processor#kernels}, or {@code CUDA}
 * @param threads of TensorFlow: sums are divided among them
 * @param arithmetic version of the ops that the network is made of: other ones round otherwise
 */
public record RunEnvironment(String kernels, int threads, int arithmetic) {
  public static final String FILE = "environment.json";

  /**
   * In 1, batch norms of float32 on a CPU were normalised by TensorFlow's fused op; up to 2, the
   * gradient of max pooling was not oneDNN's; up to 3, their variance was the mean of squared
   * differences, and gradients of kernels in bfloat16 were always products; up to 4, a graph that
   * takes more than 200 MB added three tensors or more in the order in which they were ready.
   */
  private static final int CURRENT_ARITHMETIC = 5;

  /** Returns the environment of this process. */
  public static RunEnvironment of(Devices devices) {
    String kernels = devices.areCpus() ? Processor.ofThisMachine().kernels() : "CUDA";
    return new RunEnvironment(kernels, Sessions.threads(), CURRENT_ARITHMETIC);
  }

  /**
   * Notes this in a run directory, or compares it with what is noted there.
   *
   * @param isNew whether no step of the run was done yet
   * @return one line, where the run was begun with something else
   * @throws io.swavbeam.model.config.InvalidConfigException if the note is damaged
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
        "the run was begun with %s and goes on with %s: it ends with other bits than it would there"
            .formatted(begun, this));
  }

  @Override
  public String toString() {
    return "%s on %d threads, arithmetic %d".formatted(kernels, threads, arithmetic);
  }
}
