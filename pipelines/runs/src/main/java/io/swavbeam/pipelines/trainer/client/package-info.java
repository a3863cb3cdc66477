/** A trainer in another process, reached over gRPC: one channel for all threads of a process. */
@Internal
package io.swavbeam.pipelines.trainer.client;

import org.apache.beam.sdk.annotations.Internal;
