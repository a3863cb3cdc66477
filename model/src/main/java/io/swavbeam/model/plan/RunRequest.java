package io.swavbeam.model.plan;

import io.swavbeam.model.config.DecodingConfig;

/**
 * A training run as the user asks for it.
 *
 * @param recipe the recipe, or the request to choose one
 * @param precision a name of {@link io.swavbeam.model.config.Precision}, or {@code auto} for that
 *     of the run that is already there, else the fastest of the hardware
 * @param microBatchesByMemory whether the number of micro-batches of the recipe is replaced by the
 *     smallest that fits into memory
 * @param seed seed of the initial weights, the order of the images and the crops
 * @param steps optimiser steps of the whole run; 0 for the epochs of the recipe
 * @param decoding how pictures become pixels
 * @param keepsDecode whether a run that is already there keeps the size in which its JPEGs are
 *     decoded
 * @param maxUnreadable the fraction of the images that may be unreadable, in [0, 1]
 */
public record RunRequest(
    RecipeRequest recipe,
    String precision,
    boolean microBatchesByMemory,
    long seed,
    long steps,
    DecodingConfig decoding,
    boolean keepsDecode,
    double maxUnreadable) {}
