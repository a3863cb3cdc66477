package io.swavbeam.pipelines.storage;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.beam.sdk.annotations.Internal;

/**
 * Requests to object stores, several at once: each takes some time and hardly any work.
 *
 * <p>Owns up to {@value #THREADS} threads in a process, which end when there has been nothing to do
 * for a while.
 */
@Internal
public final class IoExecutor {
  private static final int THREADS = 32;
  private static final int AHEAD = 16;
  private static final long PAUSE_MILLIS = 25;
  private static final long IDLE_SECONDS = 30;
  private static final ExecutorService STORES = stores();

  /** Asks something of a file. */
  @FunctionalInterface
  public interface Request<T> {
    /** Waits for the answer. */
    T answer(Location file) throws IOException;
  }

  private IoExecutor() {}

  private static ExecutorService stores() {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "swav-store");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /** Begins a request. */
  public static <T> Future<T> begin(Callable<T> request) {
    return STORES.submit(request);
  }

  /**
   * The answer to a request.
   *
   * @throws IOException what the request has thrown; unchecked exceptions too
   */
  public static <T> T await(Future<T> request) throws IOException {
    try {
      return request.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      if (e.getCause() instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for a store");
    }
  }

  /**
   * Asks the same of several files: those of this machine one after the other, by the thread that
   * calls.
   *
   * @return the answers, in the order of the files
   */
  public static <T> List<T> each(List<Location> files, Request<T> request) throws IOException {
    List<T> answers = new ArrayList<>();
    each(files, request, answers::add);
    return answers;
  }

  /**
   * The same for large answers, of which only a few are held.
   *
   * @param consumer of the answers, in the order of the files, on the thread that calls
   */
  public static <T> void each(List<Location> files, Request<T> request, Consumer<T> consumer)
      throws IOException {
    if (files.stream().allMatch(Location::isLocal)) {
      for (Location file : files) {
        consumer.accept(request.answer(file));
      }
      return;
    }
    Deque<Future<T>> begun = new ArrayDeque<>();
    try {
      for (Location file : files) {
        begun.add(begin(() -> request.answer(file)));
        if (begun.size() > AHEAD) {
          consumer.accept(await(begun.remove()));
        }
      }
      while (!begun.isEmpty()) {
        consumer.accept(await(begun.remove()));
      }
    } finally {
      begun.forEach(one -> one.cancel(false)); // what is left where one has failed
    }
  }

  /**
   * Waits a little before something is tried again, the longer the more often it was tried.
   *
   * @param attempt that has failed, from 1
   */
  public static void pause(int attempt) throws IOException {
    try {
      Thread.sleep(PAUSE_MILLIS << (2 * attempt));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }
}
