/** Embeddings on disk: Parquet files, dead letters, and counts of the results of all entries. */
package io.swavbeam.pipelines.output;
