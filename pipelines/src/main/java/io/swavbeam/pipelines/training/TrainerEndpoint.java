package io.swavbeam.pipelines.training;

import io.swavbeam.model.training.StripeReceiver;
import java.io.Serializable;

/** Where the trainer of a run is; travels with the pipeline to every worker. */
public interface TrainerEndpoint extends Serializable {
  /** Connects to the trainer. */
  StripeReceiver connect();
}
