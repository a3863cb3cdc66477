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
 * Temporary errors of local file systems that are not errors of a file: too many open files, or a
 * file server that does not answer. They fail the bundle, like a store that does not answer. All
 * other errors are errors of the file.
 */
@Internal
public final class PassingErrors {
  /** The messages of the C library. Java has no exception types for these errors. */
  private static final Pattern MESSAGES =
      Pattern.compile(
          "(?i)too many (open files|references)|stale (nfs )?file handle|resource temporarily"
              + " unavailable|(connection|operation) timed out|no locks available|cannot allocate"
              + " memory|host is down|no route to host|transport endpoint is not connected|network"
              + " is (down|unreachable)|remote i/o error|interrupted system call");

  /** The name of local file systems for {@link Patience}. */
  public static final String STORE = "a file system of this machine";

  private PassingErrors() {}

  /** Returns whether an error is temporary. */
  public static boolean mayPass(IOException e) {
    return e.getMessage() != null && MESSAGES.matcher(e.getMessage()).find();
  }

  /**
   * Returns the same error, if it is an error of the file.
   *
   * @throws StoreUnavailableException if it is temporary
   */
  public static IOException lasting(IOException e) {
    if (mayPass(e)) {
      throw new StoreUnavailableException(STORE, e);
    }
    return e;
  }

  /** Returns the kind of an error that {@link #describe} describes. */
  public static ErrorKind kind(IOException e) {
    if (e instanceof KnownError known) {
      return known.kind();
    }
    return e instanceof FileNotFoundException || e instanceof FileSystemException
        ? ErrorKind.UNREADABLE_FILE
        : ErrorKind.DAMAGED;
  }

  /**
   * Describes an error of a file in one line.
   *
   * @throws StoreUnavailableException if the error is temporary
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
      return "it is cut off"; // the message of Java's decompressors
    }
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse(message);
  }
}
