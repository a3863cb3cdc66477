package io.swavbeam.model.training;

/** A trainer has refused a batch shard. The trainer is unchanged, and training continues. */
public final class BatchShardRefusedException extends RuntimeException {
  /** The reason for the refusal. */
  public enum Reason {
    /**
     * The step is beyond the window. The sender has the progress of a trainer that was restarted
     * since.
     */
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
