package io.swavbeam.pipelines.storage;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
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

  /** Of what kind an error is that {@link #describe} describes. */
  public static ErrorKind kind(IOException e) {
    if (e instanceof KnownError known) {
      return known.kind();
    }
    return e instanceof FileNotFoundException || e instanceof FileSystemException
        ? ErrorKind.UNREADABLE_FILE
        : ErrorKind.DAMAGED;
  }

  /**
   * What is wrong with a file, in one line.
   *
   * @throws StoreUnavailableException if the file is not to blame, and it may pass
   */
  public static String describe(IOException error) {
    IOException e = lasting(error);
    if (e instanceof FileNotFoundException || e instanceof NoSuchFileException) {
      return "the file cannot be opened: " + e.getMessage();
    }
    if (e instanceof AccessDeniedException) {
      return "there is no permission to read it";
    }
    if (e instanceof EOFException
        && (e.getMessage() == null || e.getMessage().startsWith("Unexpected end"))) {
      return "it is cut off"; // as decompressors of Java say it
    }
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse(message);
  }
}
