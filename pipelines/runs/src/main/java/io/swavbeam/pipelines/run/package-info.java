/**
 * Whole runs as one call each, on any runner: {@link io.swavbeam.pipelines.run.TrainingRun} trains
 * a model, and {@link io.swavbeam.pipelines.run.EmbeddingRun} writes a folder of embeddings.
 */
package io.swavbeam.pipelines.run;
