package io.swavbeam.pipelines.jvm;

import java.util.concurrent.Semaphore;

/**
 * A budget of memory that the threads of a process share. A thread waits until the memory that it
 * requests is free. A request that is larger than the whole budget waits until it is the only one.
 *
 * <p>A thread must request {@link #ENCODED} before {@link #PIXELS}, and each of them once, so that
 * no deadlock is possible. Requests are served in order.
 */
public final class MemoryBudget {
  /** The budget for encoded images, as they are in their files. */
  public static final MemoryBudget ENCODED = new MemoryBudget(Runtime.getRuntime().maxMemory() / 4);

  /** The budget for decoded images, and for the memory that decoding needs. */
  public static final MemoryBudget PIXELS = new MemoryBudget(Runtime.getRuntime().maxMemory() / 2);

  private static final int UNIT = 1024;

  private final int units;
  private final Semaphore free;

  MemoryBudget(long bytes) {
    units = (int) Math.max(1, Math.min(Integer.MAX_VALUE, bytes / UNIT));
    free = new Semaphore(units, true);
  }

  /** Waits for memory. It is released when the returned share is closed. */
  public Share take(long bytes) {
    int wanted = (int) Math.min(units, Math.max(0, bytes) / UNIT + 1);
    free.acquireUninterruptibly(wanted);
    return new Share(wanted);
  }

  /** Memory that is in use until this share is closed. */
  public final class Share implements AutoCloseable {
    private int taken;

    private Share(int taken) {
      this.taken = taken;
    }

    @Override
    public void close() {
      free.release(taken);
      taken = 0;
    }
  }
}
