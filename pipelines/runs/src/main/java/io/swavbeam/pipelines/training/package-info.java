/**
 * Training runs: {@link io.swavbeam.pipelines.training.TrainingRun} as one call, and {@link
 * io.swavbeam.pipelines.training.TrainSwav}, the pipeline that feeds a trainer.
 */
package io.swavbeam.pipelines.training;
