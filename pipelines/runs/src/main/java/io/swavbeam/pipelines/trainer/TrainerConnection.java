package io.swavbeam.pipelines.trainer;

import io.swavbeam.model.training.BatchShardReceiver;
import io.swavbeam.pipelines.manifest.Manifest;
import java.io.IOException;
import org.apache.beam.sdk.annotations.Internal;

/**
 * A connection of a worker to the trainer of a run. Its calls throw {@link
 * TrainerRestartedException} if batch shards that were sent before may be lost.
 */
@Internal
public interface TrainerConnection extends BatchShardReceiver, AutoCloseable {
  /** Returns the images of the run, to be closed by the caller. */
  Manifest manifest() throws IOException;

  /** Closes the connection. Does not stop the trainer. */
  @Override
  void close();
}
