/**
 * The process that trains: it opens a run, takes batch shards from the workers, and says how far it
 * is. Its gRPC threads only take and answer; the trainer has a thread of its own.
 */
@Internal
package io.swavbeam.pipelines.trainer.server;

import org.apache.beam.sdk.annotations.Internal;
