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
 * An executor of requests to object stores, several in parallel, because a request takes time but
 * little work.
 *
 * <p>A process has up to {@value #THREADS} threads for requests. They end after being idle.
 */
@Internal
public final class IoExecutor {
  private static final int THREADS = 32;
  private static final int AHEAD = 16;
  private static final long PAUSE_MILLIS = 25;
  private static final long IDLE_SECONDS = 30;
  private static final ExecutorService STORES = stores();

  /** A request about a file. */
  @FunctionalInterface
  public interface Request<T> {
    /** Sends the request and waits for the answer. */
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

  /** Starts a request. */
  public static <T> Future<T> begin(Callable<T> request) {
    return STORES.submit(request);
  }

  /**
   * Waits for the answer to a request.
   *
   * @throws IOException if the request throws it; the same holds for unchecked exceptions
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
   * Sends the same request for several files. Requests for local files are run one after the other
   * by the calling thread.
   *
   * @return the answers in the order of the files
   */
  public static <T> List<T> each(List<Location> files, Request<T> request) throws IOException {
    List<T> answers = new ArrayList<>();
    each(files, request, answers::add);
    return answers;
  }

  /**
   * Sends the same request for several files, and holds only a few answers at a time.
   *
   * @param consumer called with the answers in the order of the files, by the calling thread
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
      begun.forEach(one -> one.cancel(false)); // the remaining requests after a failure
    }
  }

  /**
   * Waits before another attempt. The time increases with the number of attempts.
   *
   * @param attempt the number of failed attempts
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
