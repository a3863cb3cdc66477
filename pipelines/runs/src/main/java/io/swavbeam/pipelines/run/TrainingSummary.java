package io.swavbeam.pipelines.run;

import io.swavbeam.model.config.RunConfig;

/**
 * The result of a {@link TrainingRun}.
 *
 * @param run the configuration of the run
 * @param model id of the exported model, which is in {@code saved_model/} of the run directory
 */
public record TrainingSummary(RunConfig run, String model) {}
