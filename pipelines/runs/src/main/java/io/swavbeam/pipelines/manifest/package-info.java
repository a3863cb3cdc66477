/** The images of a training run in a fixed order, and the order in which steps use them. */
@Internal
package io.swavbeam.pipelines.manifest;

import org.apache.beam.sdk.annotations.Internal;
