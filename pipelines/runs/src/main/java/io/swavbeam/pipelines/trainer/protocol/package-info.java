/**
 * What trainer and workers say over gRPC, and how they know each other. {@code
 * src/docs/trainer.proto} describes it.
 */
@Internal
package io.swavbeam.pipelines.trainer.protocol;

import org.apache.beam.sdk.annotations.Internal;
