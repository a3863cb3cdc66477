package io.swavbeam.model.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.swavbeam.model.config.OptimizerConfig;
import io.swavbeam.model.config.OptimizerConfig.Algorithm;
import io.swavbeam.model.config.OptimizerConfig.Cosine;
import org.junit.jupiter.api.Test;

class LearningRateTest {
  @Test
  void warmsUpAndFallsWithEveryStep() {
    LearningRate rate = new LearningRate(config(100, Cosine.PER_STEP), 300, 50);
    assertThat(rate.at(0)).isZero();
    assertThat(rate.at(33)).isCloseTo(1.0 / 3, within(1e-12));
    assertThat(rate.at(99)).isCloseTo(1, within(1e-12));
    assertThat(rate.at(100)).isCloseTo(1, within(1e-12));
    assertThat(rate.at(200)).isCloseTo((1 + 0.1) / 2, within(1e-12));
    assertThat(rate.at(299)).isBetween(0.1, 0.101);
  }

  @Test
  void fallsOnceAnEpoch() {
    LearningRate rate = new LearningRate(config(0, Cosine.PER_EPOCH), 100, 25);
    assertThat(rate.at(0)).isEqualTo(rate.at(24)).isCloseTo(1, within(1e-12));
    assertThat(rate.at(25)).isEqualTo(rate.at(49));
    assertThat(rate.at(50)).isCloseTo((1 + 0.1) / 2, within(1e-12));
  }

  @Test
  void warmsUpOverEpochsFromAStart() {
    OptimizerConfig config =
        new OptimizerConfig(Algorithm.LARC, 4.8, 0.3, 0, 2, 0.0048, Cosine.PER_STEP, 0, 0, 0);
    LearningRate rate = new LearningRate(config, 100, 5);
    assertThat(rate.at(0)).isCloseTo(0.3, within(1e-12));
    assertThat(rate.at(1)).isCloseTo(0.8, within(1e-12));
    assertThat(rate.at(9)).isCloseTo(4.8, within(1e-12));
    assertThat(rate.at(10)).isCloseTo(4.8, within(1e-12));
    assertThat(rate.at(55)).isCloseTo((4.8 + 0.0048) / 2, within(1e-12));
  }

  private static OptimizerConfig config(long warmup, Cosine cosine) {
    return new OptimizerConfig(Algorithm.ADAM, 1, 0, warmup, 0, 0.1, cosine, 0, 0, 0);
  }
}
