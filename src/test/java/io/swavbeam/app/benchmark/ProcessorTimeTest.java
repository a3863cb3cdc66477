package io.swavbeam.app.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ProcessorTimeTest {
  @Test
  void othersTookWhatWasNotOurs() {
    ProcessorTime then = new ProcessorTime(1_000, 100, 10_000);

    assertThat(new ProcessorTime(1_600, 500, 11_000).ofOthersSince(then)).isEqualTo(0.2);
    // The values are read at different times.
    assertThat(new ProcessorTime(1_399, 500, 11_000).ofOthersSince(then)).isZero();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void itsOwnWorkCountsAsItsOwn() {
    ProcessorTime then = ProcessorTime.now().orElseThrow();
    ProcessorTime now = then;
    while (now.own() < then.own() + 20) {
      now = ProcessorTime.now().orElseThrow();
    }

    assertThat(now.all()).isGreaterThan(then.all());
    assertThat(now.busy()).isGreaterThan(then.busy());
  }
}
