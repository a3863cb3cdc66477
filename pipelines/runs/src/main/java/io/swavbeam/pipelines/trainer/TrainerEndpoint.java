package io.swavbeam.pipelines.trainer;

import java.io.Serializable;
import org.apache.beam.sdk.annotations.Internal;

/** Where the trainer of a run is; travels with the pipeline to every worker. */
@Internal
public interface TrainerEndpoint extends Serializable {
  /** Connects to the trainer, until the connection is closed. */
  TrainerConnection connect();
}
