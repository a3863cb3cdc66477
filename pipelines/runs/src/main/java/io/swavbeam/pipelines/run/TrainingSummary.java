package io.swavbeam.pipelines.run;

import io.swavbeam.model.config.RunConfig;

/**
 * What a {@link TrainingRun} has done.
 *
 * @param run that was trained
 * @param model id of the exported model, which is in {@code saved_model/} of the run directory
 */
public record TrainingSummary(RunConfig run, String model) {}
