/**
 * The trainer process: it opens a run, receives batch shards from workers, and reports its
 * progress. Its gRPC threads only receive and reply. The trainer has a thread of its own.
 */
@Internal
package io.swavbeam.pipelines.trainer.server;

import org.apache.beam.sdk.annotations.Internal;
