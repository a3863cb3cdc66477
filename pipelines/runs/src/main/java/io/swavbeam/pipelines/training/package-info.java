/** The images of a training run, and the pipeline that sends their crops to a trainer. */
@Internal
package io.swavbeam.pipelines.training;

import org.apache.beam.sdk.annotations.Internal;
