/**
 * The client of a trainer in another process over gRPC. A process has one channel for all threads.
 */
@Internal
package io.swavbeam.pipelines.trainer.client;

import org.apache.beam.sdk.annotations.Internal;
