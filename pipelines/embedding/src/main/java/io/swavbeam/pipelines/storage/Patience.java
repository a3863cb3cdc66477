package io.swavbeam.pipelines.storage;

import io.swavbeam.pipelines.jvm.NonRecoverableException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.beam.sdk.annotations.Internal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long a stream waits for a store or a broker that does not answer. Waiting is logged as a
 * warning after ten seconds, and then once a minute. A process logs one line for all threads and
 * stores.
 *
 * @param giveUpAfter the time after which waiting ends with a {@link NonRecoverableException}; zero
 *     for never
 */
@Internal
public record Patience(Duration giveUpAfter) implements Serializable {
  /** Waits forever. */
  public static final Patience ENDLESS = new Patience(Duration.ZERO);

  private static final Logger LOG = LoggerFactory.getLogger(Patience.class);
  private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long PAUSE_MILLIS = 2_000;

  /** The start times of outages by store, in nanoseconds. Removed when a store answers. */
  private static final Map<String, Long> OUTAGES = new HashMap<>();

  /** The time of the last line in the log. */
  private static long said = System.nanoTime() - AGAIN_NANOS;

  /** A request to a store. */
  @FunctionalInterface
  public interface Attempt<T> {
    /** Sends the request once. Called again after a {@link StoreUnavailableException}. */
    T run() throws IOException;
  }

  public Patience {
    if (giveUpAfter.isNegative()) {
      throw new IllegalArgumentException(
          "the time to give up after must not be negative: " + giveUpAfter);
    }
  }

  /**
   * Repeats a request until the store answers.
   *
   * @throws NonRecoverableException in one line, if the time is over
   */
  public <T> T outlast(Attempt<T> attempt) throws IOException {
    Set<String> failed = new HashSet<>();
    while (true) {
      try {
        T answer = attempt.run();
        failed.forEach(Patience::answered);
        return answer;
      } catch (StoreUnavailableException e) {
        failed.add(e.store());
        failed(e.store(), e);
        pause();
      }
    }
  }

  /** Records that a store has answered. */
  public static void answered(String store) {
    synchronized (OUTAGES) {
      OUTAGES.remove(store);
    }
  }

  /**
   * Records that a store has not answered.
   *
   * @param why the error, with a message of one line
   * @throws NonRecoverableException in one line, if the time is over
   */
  public void failed(String store, Exception why) {
    long now = System.nanoTime();
    synchronized (OUTAGES) {
      long nanos = now - OUTAGES.computeIfAbsent(store, any -> now);
      if (!giveUpAfter.isZero() && nanos >= giveUpAfter.toNanos()) {
        throw new NonRecoverableException(
            "%s has not answered for %d s: %s"
                .formatted(store, TimeUnit.NANOSECONDS.toSeconds(nanos), why.getMessage()),
            why);
      }
      if (nanos >= SILENT_NANOS && now - said >= AGAIN_NANOS) {
        said = now;
        LOG.warn(
            "{} has not answered for {} s, trying again: {}",
            store,
            TimeUnit.NANOSECONDS.toSeconds(nanos),
            why.getMessage());
      }
    }
  }

  /** Waits two seconds before another attempt. */
  public static void pause() throws IOException {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for a store");
    }
  }
}
