package io.swavbeam.pipelines.trainer.protocol;

import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InitConfig;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.Shuffle;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.graph.TrainingGraph;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Hardware;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What somebody wants a trainer in another process to train.
 *
 * @param recipe the recipe
 * @param precision as users write it; {@code auto} is for the trainer's hardware to decide
 * @param microBatches as users write it: the recipe's, or {@code auto}, which is for the trainer's
 *     memory to decide
 * @param seed of the initial weights, the order of the images and the crops
 * @param steps optimiser steps of the whole run
 * @param images how many images there are
 * @param manifest digest of the images' names and places, in order
 * @param decoding how pictures become pixels
 * @param maxUnreadable the part of the images that may be unreadable
 */
public record OpenRunRequest(
    SwavConfig recipe,
    String precision,
    String microBatches,
    long seed,
    long steps,
    long images,
    String manifest,
    DecodingConfig decoding,
    double maxUnreadable) {
  /**
   * The run that it is on these devices, with this beginning and order of images.
   *
   * @param begun the run that is there, whose parts of a batch stay, or null
   * @param window steps whose crops are held
   */
  public RunConfig on(
      Devices devices, InitConfig init, Shuffle shuffle, @Nullable RunConfig begun, int window) {
    Precision resolved = Hardware.precision(precision, devices);
    SwavConfig divided = recipe;
    if (microBatches.equals(Hardware.AUTO)) {
      divided =
          recipe.withMicroBatches(
              begun == null
                  ? TrainingGraph.microBatches(recipe, resolved, devices, window)
                  : begun.recipe().microBatches());
    }
    return new RunConfig(
        divided, resolved, seed, steps, images, manifest, decoding, maxUnreadable, init, shuffle);
  }
}
