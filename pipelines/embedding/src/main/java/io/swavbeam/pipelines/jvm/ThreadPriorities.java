package io.swavbeam.pipelines.jvm;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.annotations.Internal;

/**
 * Thread priorities for a process with the DirectRunner.
 *
 * <p>While one of its workers is idle, the DirectRunner resubmits its driver without a pause, which
 * keeps a core busy. Therefore its workers get the lowest priority. Threads of TensorFlow within
 * large ops have the normal priority, so they are hardly delayed. This needs a system with thread
 * priorities that Java uses. Under the {@code swav} command, the lowest priority is nice 10, so
 * other processes do not stop the workers. Only the speed depends on priorities.
 */
@Internal
public final class ThreadPriorities {
  // On Linux, a thread inherits its priority and cannot raise it. So this thread is started before
  // those of low priority, and starts the threads of TensorFlow.
  private static final ExecutorService NORMAL =
      Executors.newSingleThreadExecutor(
          action -> {
            Thread thread = new Thread(action, "normal-priority");
            thread.setDaemon(true);
            return thread;
          });

  private static volatile boolean anyLow;

  private ThreadPriorities() {}

  /**
   * Runs a pipeline on the runner of its options. The workers of the DirectRunner get the lowest
   * priority.
   */
  public static PipelineResult run(Pipeline pipeline) {
    return pipeline.getOptions().getRunner().getSimpleName().equals("DirectRunner")
        ? callAtLowPriority(pipeline::run)
        : pipeline.run();
  }

  /**
   * Calls an action. All threads that it starts have the lowest priority.
   *
   * @throws RuntimeException if the action throws it
   */
  @SuppressWarnings("ThreadPriorityCheck") // see the class comment
  static <T> T callAtLowPriority(Callable<T> action) {
    NORMAL.execute(() -> {});
    anyLow = true;
    ThreadGroup group = new ThreadGroup("low-priority");
    group.setMaxPriority(Thread.MIN_PRIORITY);
    FutureTask<T> task = new FutureTask<>(action);
    Thread thread = new Thread(group, task, "low-priority");
    thread.start();
    return await(task, thread::interrupt);
  }

  /**
   * Calls an action that starts threads of a library. They have the normal priority, even if the
   * calling thread has a low one.
   *
   * @throws RuntimeException if the action throws it
   */
  public static <T> T callAtNormalPriority(Callable<T> action) {
    if (!anyLow) {
      try {
        return action.call();
      } catch (Exception e) {
        throw unchecked(e);
      }
    }
    // Waits in any case, because only the caller can close the result.
    return await(NORMAL.submit(action), () -> {});
  }

  private static <T> T await(Future<T> future, Runnable onInterrupt) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
          onInterrupt.run();
        } catch (ExecutionException e) {
          throw unchecked(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static RuntimeException unchecked(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException known ? known : new IllegalStateException(e);
  }
}
