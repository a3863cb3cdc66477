package io.swavbeam.app.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EmbeddingProgressTest {
  @Test
  void saysTheShareAndTheTimeLeft() {
    assertThat(new EmbeddingProgress(12_000, 12_000, 48_000, 20))
        .hasToString("12,000 of 48,000 images (25 %), 600 images/s, 1:00 left");
    // Rows of an earlier run and unreadable images count as done, but not for the rate.
    assertThat(new EmbeddingProgress(1_000, 40_000, 8_000_000, 10))
        .hasToString("40,000 of 8,000,000 images (1 %), 100 images/s, 22:06:40 left");
  }

  @Test
  void saysOnlyTheNumberWhereNobodyKnowsHowManyThereAre() {
    assertThat(new EmbeddingProgress(300, 310, 2, 3)).hasToString("300 images, 100 images/s");
  }
}
