package io.swavbeam.pipelines.trainer;

import io.swavbeam.model.training.BatchShardReceiver;
import io.swavbeam.pipelines.manifest.Manifest;
import java.io.IOException;
import org.apache.beam.sdk.annotations.Internal;

/**
 * A worker's connection to the trainer of a run. All its calls throw a {@link
 * TrainerRestartedException} where what they sent earlier may be lost.
 */
@Internal
public interface TrainerConnection extends BatchShardReceiver, AutoCloseable {
  /** The images of the run, to be closed by the caller. */
  Manifest manifest() throws IOException;

  /** Ends the connection; the trainer goes on. */
  @Override
  void close();
}
