/**
 * An embedding run as one call: {@link io.swavbeam.pipelines.run.EmbeddingRun} does all that makes
 * a folder of embeddings complete, on any runner.
 */
package io.swavbeam.pipelines.run;
