/**
 * The gRPC messages between trainer and workers, and their credentials. {@code
 * src/docs/trainer.proto} describes the messages.
 */
@Internal
package io.swavbeam.pipelines.trainer.protocol;

import org.apache.beam.sdk.annotations.Internal;
