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
import java.util.List;
import java.util.function.Consumer;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What somebody wants a trainer in another process to train.
 *
 * @param recipe the recipe, or what it is to be chosen by
 * @param precision as users write it; {@code auto} is for the trainer's hardware to decide, unless
 *     there is a run, whose precision stays
 * @param microBatches {@code auto} where the trainer's memory is to decide, else anything: the
 *     recipe has them
 * @param seed of the initial weights, the order of the images and the crops
 * @param steps optimiser steps of the whole run, or 0 for those of the recipe's epochs
 * @param images how many images there are
 * @param manifest digest of the images' names and places, in order
 * @param content digest of the bytes of the images' files, in order
 * @param decoding how pictures become pixels
 * @param keepsDecode whether a run that is there keeps the size in which its JPEGs are decoded
 * @param maxUnreadable the part of the images that may be unreadable
 */
public record OpenRunRequest(
    RequestedRecipe recipe,
    String precision,
    String microBatches,
    long seed,
    long steps,
    long images,
    String manifest,
    String content,
    DecodingConfig decoding,
    boolean keepsDecode,
    double maxUnreadable) {
  /**
   * The run that it is on these devices, with this beginning and order of images.
   *
   * @param begun the run that is there, whose parts of a batch stay, or null
   * @param window steps whose crops are held
   * @param reasons gets three lines that say why, where a recipe is chosen now
   */
  public RunConfig on(
      Devices devices,
      InitConfig init,
      Shuffle shuffle,
      @Nullable RunConfig begun,
      int window,
      Consumer<List<String>> reasons) {
    boolean goesOn = begun != null && precision.equals(Hardware.AUTO);
    Precision resolved =
        Hardware.precision(goesOn ? begun.precision().toString() : precision, devices);
    SwavConfig wanted = recipe.on(devices, resolved, begun, reasons);
    if (microBatches.equals(Hardware.AUTO)) {
      wanted =
          wanted.withMicroBatches(
              begun == null
                  ? TrainingGraph.microBatches(wanted, resolved, devices, window)
                  : begun.recipe().microBatches());
    }
    return new RunConfig(
        wanted,
        resolved,
        seed,
        steps == 0 ? wanted.steps(images) : steps,
        images,
        manifest,
        content,
        begun != null && keepsDecode
            ? new DecodingConfig(decoding.version(), decoding.alpha(), begun.decoding().decode())
            : decoding,
        maxUnreadable,
        init,
        shuffle);
  }
}
