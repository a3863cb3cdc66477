package io.swavbeam.model.training;

/** A trainer does not take a stripe. Nothing is changed by it: training goes on with the others. */
public final class StripeRefusedException extends TrainingFailedException {
  private static final long serialVersionUID = 1L;

  /** Why a stripe is not taken. */
  public enum Reason {
    /** Its step lies beyond the window: whoever sent it knows of a trainer that was further. */
    EARLY,
    /** It does not fit the run. */
    MALFORMED
  }

  private final Reason reason;

  public StripeRefusedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
