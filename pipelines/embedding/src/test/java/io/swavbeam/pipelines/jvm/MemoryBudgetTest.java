package io.swavbeam.pipelines.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class MemoryBudgetTest {
  private static final long TOTAL = 1 << 20;

  /**
   * A request that is larger than the budget waits until it is the only one. No request starves.
   */
  @Test
  @Timeout(30)
  @SuppressWarnings("try") // memory is held, not used
  void neverGivesMoreThanThereIs() throws Exception {
    MemoryBudget budget = new MemoryBudget(TOTAL);
    AtomicLong taken = new AtomicLong();
    AtomicLong most = new AtomicLong();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<?>> tasks = new ArrayList<>();
      for (int i = 0; i < 2_000; i++) {
        long wanted = i % 100 == 0 ? 10 * TOTAL : (i % 7) * (TOTAL / 8);
        tasks.add(
            threads.submit(
                () -> {
                  try (MemoryBudget.Share share = budget.take(wanted)) {
                    long mine = Math.min(wanted, TOTAL);
                    most.accumulateAndGet(taken.addAndGet(mine), Math::max);
                    Thread.onSpinWait();
                    taken.addAndGet(-mine);
                  }
                }));
      }
      for (Future<?> task : tasks) {
        task.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(most.get()).isEqualTo(TOTAL);
  }
}
