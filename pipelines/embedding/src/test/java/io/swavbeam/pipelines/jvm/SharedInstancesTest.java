package io.swavbeam.pipelines.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedInstancesTest {
  private final AtomicInteger made = new AtomicInteger();
  private final List<String> closed = new ArrayList<>();
  private final SharedInstances<String, String> instances =
      new SharedInstances<>(key -> key + made.incrementAndGet(), closed::add);

  @Test
  void theLastWhoGivesBackCloses() {
    SharedInstances<String, String>.Reference first = instances.acquire("a");
    SharedInstances<String, String>.Reference second = instances.acquire("a");
    assertThat(second.get()).isSameAs(first.get()).isEqualTo("a1");
    first.close();
    first.close(); // counts once
    assertThat(closed).isEmpty();
    second.close();
    assertThat(closed).containsExactly("a1");
    try (SharedInstances<String, String>.Reference third = instances.acquire("a")) {
      assertThat(third.get()).isEqualTo("a2");
    }
    assertThat(closed).containsExactly("a1", "a2");
  }

  @Test
  void whatCannotBeMadeIsTriedAgain() {
    AtomicInteger attempts = new AtomicInteger();
    SharedInstances<String, String> failing =
        new SharedInstances<>(
            key -> {
              if (attempts.incrementAndGet() == 1) {
                throw new IllegalStateException("not yet");
              }
              return key;
            },
            closed::add);
    assertThatThrownBy(() -> failing.acquire("a")).hasMessage("not yet");
    try (SharedInstances<String, String>.Reference reference = failing.acquire("a")) {
      assertThat(reference.get()).isEqualTo("a");
    }
  }

  @Test
  void threadsShareOne() throws Exception {
    int threads = 8;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      CountDownLatch all = new CountDownLatch(threads);
      List<Future<String>> values = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        values.add(
            executor.submit(
                () -> {
                  try (SharedInstances<String, String>.Reference own = instances.acquire("a")) {
                    all.countDown();
                    all.await(); // no thread releases before all have acquired
                    return own.get();
                  }
                }));
      }
      for (Future<String> value : values) {
        assertThat(value.get()).isEqualTo("a1");
      }
    } finally {
      executor.shutdown();
    }
    assertThat(closed).containsExactly("a1");
  }
}
