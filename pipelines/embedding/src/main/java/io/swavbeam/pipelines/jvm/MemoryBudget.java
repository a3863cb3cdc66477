package io.swavbeam.pipelines.jvm;

import java.util.concurrent.Semaphore;

/**
 * Memory that all threads of a process share: who needs some waits until it is free. Something
 * larger than all of it gets all of it, and so is alone.
 *
 * <p>No thread can wait for itself: a thread takes of {@link #ENCODED} before {@link #PIXELS}, and
 * of each once. First come, first served.
 */
public final class MemoryBudget {
  /** For the bytes of images as they are in their files. */
  public static final MemoryBudget ENCODED = new MemoryBudget(Runtime.getRuntime().maxMemory() / 4);

  /** For what images are decoded to, and what decoding takes on the way. */
  public static final MemoryBudget PIXELS = new MemoryBudget(Runtime.getRuntime().maxMemory() / 2);

  private static final int UNIT = 1024;

  private final int units;
  private final Semaphore free;

  MemoryBudget(long bytes) {
    units = (int) Math.max(1, Math.min(Integer.MAX_VALUE, bytes / UNIT));
    free = new Semaphore(units, true);
  }

  /** Waits for memory, to be given back by closing what is returned. */
  public Share take(long bytes) {
    int wanted = (int) Math.min(units, Math.max(0, bytes) / UNIT + 1);
    free.acquireUninterruptibly(wanted);
    return new Share(wanted);
  }

  /** Memory that is taken until this is closed. */
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
