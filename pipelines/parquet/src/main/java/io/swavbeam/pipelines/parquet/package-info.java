/** Parquet on channels of Beam's file systems, without Hadoop. */
@Internal
package io.swavbeam.pipelines.parquet;

import org.apache.beam.sdk.annotations.Internal;
