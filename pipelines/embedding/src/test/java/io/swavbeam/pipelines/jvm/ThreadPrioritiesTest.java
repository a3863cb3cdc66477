package io.swavbeam.pipelines.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class ThreadPrioritiesTest {
  /** Creates workers like the DirectRunner: with a factory that requests the normal priority. */
  @Test
  void workersHaveALowPriorityAndWhatTheyLoadANormalOne() throws Exception {
    ExecutorService workers =
        ThreadPriorities.callAtLowPriority(() -> Executors.newFixedThreadPool(1));
    try {
      assertThat(workers.submit(() -> Thread.currentThread().getPriority()).get())
          .isEqualTo(Thread.MIN_PRIORITY);
      assertThat(
              workers
                  .submit(
                      () ->
                          ThreadPriorities.callAtNormalPriority(
                              () -> Thread.currentThread().getPriority()))
                  .get())
          .isEqualTo(Thread.NORM_PRIORITY);
    } finally {
      workers.shutdown();
    }
  }

  @Test
  void exceptionsComeAsTheyAre() {
    IllegalArgumentException wrong = new IllegalArgumentException("wrong");

    assertThatThrownBy(
            () ->
                ThreadPriorities.callAtLowPriority(
                    () -> {
                      throw wrong;
                    }))
        .isSameAs(wrong);
    assertThatThrownBy(
            () ->
                ThreadPriorities.callAtNormalPriority(
                    () -> {
                      throw wrong;
                    }))
        .isSameAs(wrong);
  }

  @Test
  void interruptsReachTheAction() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    boolean[] interrupted = new boolean[2];
    Thread caller =
        new Thread(
            () -> {
              interrupted[0] =
                  ThreadPriorities.callAtLowPriority(
                      () -> {
                        begun.countDown();
                        try {
                          new CountDownLatch(1).await();
                          return false;
                        } catch (InterruptedException e) {
                          return true;
                        }
                      });
              interrupted[1] = Thread.currentThread().isInterrupted();
            });
    caller.start();
    begun.await();
    caller.interrupt();
    caller.join();

    assertThat(interrupted).containsExactly(true, true);
  }
}
