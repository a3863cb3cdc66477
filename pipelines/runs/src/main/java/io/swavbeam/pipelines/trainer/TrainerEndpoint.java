package io.swavbeam.pipelines.trainer;

import java.io.Serializable;

/** Where the trainer of a run is; travels with the pipeline to every worker. */
public interface TrainerEndpoint extends Serializable {
  /** Connects to the trainer, until the connection is closed. */
  TrainerConnection connect();
}
