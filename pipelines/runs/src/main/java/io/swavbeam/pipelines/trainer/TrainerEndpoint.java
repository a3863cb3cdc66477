package io.swavbeam.pipelines.trainer;

import java.io.Serializable;
import org.apache.beam.sdk.annotations.Internal;

/** The address of the trainer of a run, which is serialized with the pipeline. */
@Internal
public interface TrainerEndpoint extends Serializable {
  /** Opens a connection, to be closed by the caller. */
  TrainerConnection connect();
}
