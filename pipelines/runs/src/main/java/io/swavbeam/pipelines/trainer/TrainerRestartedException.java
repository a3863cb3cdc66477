package io.swavbeam.pipelines.trainer;

import org.apache.beam.sdk.annotations.Internal;

/**
 * The trainer is another one than before, and has lost the batch shards that it held. A pipeline
 * that is started again sends them again, so it has to fail: runners of a cluster restart it by
 * themselves.
 */
@Internal
public final class TrainerRestartedException extends RuntimeException {
  public TrainerRestartedException(String message) {
    super(message);
  }
}
