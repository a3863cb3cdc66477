/** Parquet over channels of Beam's file systems, without Hadoop's. */
package io.swavbeam.pipelines.parquet;
