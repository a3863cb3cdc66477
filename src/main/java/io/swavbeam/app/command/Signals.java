package io.swavbeam.app.command;

import java.io.PrintStream;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A registry of tasks that run when SIGINT or SIGTERM ends the process, the latest task first. Then
 * the process ends with exit code 130 or 143 and a line of text. A second signal ends it at once.
 */
public final class Signals {
  private static final Map<String, Integer> NUMBERS = Map.of("INT", 2, "TERM", 15);
  private static final int OF_SIGNALS = 128;

  private static final List<Task> TASKS = new CopyOnWriteArrayList<>();
  private static final AtomicBoolean RECEIVED = new AtomicBoolean();

  /** A task before the end of the process. */
  public interface Task {
    /** Returns a description of {@link #stop} with its longest time, for people. */
    Optional<String> announcement();

    /** Runs the task. Returns a description of the result, for people. */
    Optional<String> stop();
  }

  /** A registration of a task, which ends when it is closed. */
  public interface Registration extends AutoCloseable {
    @Override
    void close();
  }

  private Signals() {}

  /** Registers a task. It is never run if {@link #listen} was not called. */
  public static Registration add(Task task) {
    TASKS.add(task);
    return () -> TASKS.remove(task);
  }

  /** Installs the signal handlers of the process. */
  public static void listen(PrintStream err) {
    try {
      // Uses reflection, because the compiler warns about these two classes, and there is no
      // alternative.
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Method handle = signal.getMethod("handle", signal, handler);
      for (String name : NUMBERS.keySet()) {
        Object listener =
            Proxy.newProxyInstance(
                Signals.class.getClassLoader(),
                new Class<?>[] {handler},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("handle")) {
                    received(name, err);
                  }
                  return null;
                });
        handle.invoke(null, signal.getConstructor(String.class).newInstance(name), listener);
      }
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      // Another JVM, or one whose signal handling is disabled. The process ends as Java processes
      // do.
      return;
    }
  }

  private static void received(String name, PrintStream err) {
    int code = OF_SIGNALS + NUMBERS.get(name);
    if (!RECEIVED.compareAndSet(false, true)) {
      Runtime.getRuntime().halt(code);
    }
    say("SIG%s: %s".formatted(name, announcement()), err);
    for (int i = TASKS.size() - 1; i >= 0; i--) {
      try {
        TASKS.get(i).stop().ifPresent(line -> say(line, err));
      } catch (RuntimeException e) {
        say("it failed: " + e, err);
      }
    }
    System.exit(code);
  }

  private static String announcement() {
    List<String> all = TASKS.stream().map(Task::announcement).flatMap(Optional::stream).toList();
    return all.isEmpty() ? "it ends" : String.join("; ", all) + "; a second signal ends it at once";
  }

  private static void say(String line, PrintStream err) {
    err.println("swav: " + Console.escaped(line));
  }

  /**
   * Waits for the end of the process if a signal was received, so that the exit code is that of the
   * signal.
   */
  public static void awaitEnd() {
    if (RECEIVED.get()) {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
