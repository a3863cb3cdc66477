package io.swavbeam.pipelines.storage;

import java.io.IOException;
import java.util.regex.Pattern;
import org.apache.beam.sdk.annotations.Internal;

/**
 * Errors of this machine's file systems that say nothing of the file: too many open files, a file
 * server that is away. They fail the bundle, as a store does that does not answer; whatever else
 * goes wrong is the file's.
 */
@Internal
public final class PassingErrors {
  /** As the C library writes them: Java has no exception types for these. */
  private static final Pattern MESSAGES =
      Pattern.compile(
          "(?i)too many (open files|references)|stale (nfs )?file handle|resource temporarily"
              + " unavailable|(connection|operation) timed out|no locks available|cannot allocate"
              + " memory|host is down|no route to host|transport endpoint is not connected|network"
              + " is (down|unreachable)|remote i/o error|interrupted system call");

  /** The name of this machine's file systems for {@link Patience}. */
  public static final String STORE = "a file system of this machine";

  private PassingErrors() {}

  /** Whether an error may be gone at the next try. */
  public static boolean mayPass(IOException e) {
    return e.getMessage() != null && MESSAGES.matcher(e.getMessage()).find();
  }

  /**
   * The same error, if the file is to blame.
   *
   * @throws StoreUnavailableException if it may pass
   */
  public static IOException lasting(IOException e) {
    if (mayPass(e)) {
      throw new StoreUnavailableException(STORE, e);
    }
    return e;
  }
}
