package io.swavbeam.pipelines.trainer;

import org.apache.beam.sdk.annotations.Internal;

/**
 * The trainer was restarted and has lost batch shards that were sent to it. The pipeline has to
 * fail, because a restarted pipeline sends them again. Runners of a cluster restart it
 * automatically.
 */
@Internal
public final class TrainerRestartedException extends RuntimeException {
  public TrainerRestartedException(String message) {
    super(message);
  }
}
