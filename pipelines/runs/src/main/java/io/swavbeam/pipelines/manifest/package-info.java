/** The images of a training run in a fixed order, and in which order a step shows them. */
@Internal
package io.swavbeam.pipelines.manifest;

import org.apache.beam.sdk.annotations.Internal;
