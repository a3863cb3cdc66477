package io.swavbeam.model.monitoring;

import io.swavbeam.model.config.SwavConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.types.TUint8;

/**
 * A monitor of a training run: writes event files for TensorBoard, and checks the health of the
 * training. Not safe for use by several threads at once.
 */
public final class TrainingMonitor implements AutoCloseable {
  private static final int STEPS_BETWEEN_PICTURES = 500;

  private final SwavConfig config;
  private final TensorBoard board;
  private final PrototypeUse use;
  private final HealthCheck health;
  private long nextPicture;

  /**
   * Begins an event file.
   *
   * @param folder the run directory
   * @param step the step to continue with
   */
  public TrainingMonitor(SwavConfig config, Path folder, long step) {
    this.config = config;
    board = new TensorBoard(folder, step);
    use = new PrototypeUse(config.network().prototypes());
    health = new HealthCheck(config.network().prototypes());
    nextPicture = step;
  }

  /**
   * Checks a step.
   *
   * @return warnings, each once in a run
   */
  public List<String> step(StepResult result) {
    use.add(result.clusters());
    return health.check(result, use);
  }

  /** Returns the number of prototypes that were recently nearest for any image. */
  public int prototypesUsed() {
    return use.used();
  }

  /**
   * Writes pictures of crops and the use of the prototypes, every few steps.
   *
   * @param crops the crops of a batch shard of this step; for each size {@code [count, images,
   *     size, size, 3] uint8}
   */
  public void pictures(long step, List<TUint8> crops) throws IOException {
    if (step >= nextPicture) {
      nextPicture = step + STEPS_BETWEEN_PICTURES;
      board.image(step, "crops", CropSheet.draw(config.crops(), crops));
      board.histogram(step, "prototypes/images", use.uses());
    }
  }

  /**
   * Writes numbers.
   *
   * @param imagesPerSecond the recent rate
   * @param waiting fraction of the time in which the trainer waited for crops
   */
  public void scalars(
      long step, StepResult result, double learningRate, double imagesPerSecond, double waiting) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", (double) result.loss());
    values.put("learning_rate", learningRate);
    values.put("gradient_norm", (double) result.gradientNorm());
    values.put("codes/entropy", (double) result.codeEntropy());
    values.put("prototypes/used", (double) use.used());
    values.put("features/deviation", (double) result.featureStandardDeviation());
    values.put("speed/images_per_second", imagesPerSecond);
    values.put("speed/waiting", waiting);
    board.scalars(step, values);
  }

  @Override
  public void close() {
    board.close();
  }
}
