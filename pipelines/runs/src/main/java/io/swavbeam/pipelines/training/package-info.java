/** The images of a training run, and the pipeline that feeds a trainer with their crops. */
@Internal
package io.swavbeam.pipelines.training;

import org.apache.beam.sdk.annotations.Internal;
