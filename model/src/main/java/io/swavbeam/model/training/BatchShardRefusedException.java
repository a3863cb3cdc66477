package io.swavbeam.model.training;

/**
 * A trainer does not take a batch shard. Nothing is changed by it: training goes on with the
 * others.
 */
public final class BatchShardRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why a batch shard is not taken. */
  public enum Reason {
    /** Its step lies beyond the window: whoever sent it knows of a trainer that was further. */
    EARLY,
    /** It does not fit the run. */
    MALFORMED
  }

  private final Reason reason;

  public BatchShardRefusedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
