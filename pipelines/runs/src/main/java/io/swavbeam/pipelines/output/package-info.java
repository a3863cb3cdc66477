/**
 * Embeddings on disk: Parquet files that appear whole, dead letters, and counts of what became of
 * each entry.
 */
package io.swavbeam.pipelines.output;
