/** Parquet over channels of Beam's file systems, without Hadoop's. */
@Internal
package io.swavbeam.pipelines.parquet;

import org.apache.beam.sdk.annotations.Internal;
