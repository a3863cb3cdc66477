/**
 * Whole runs as one call each, on any runner: {@link io.swavbeam.pipelines.run.TrainingRun} makes a
 * model of images, {@link io.swavbeam.pipelines.run.EmbeddingRun} a folder of embeddings.
 */
package io.swavbeam.pipelines.run;
