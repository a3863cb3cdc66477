package io.swavbeam.model.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HealthCheckTest {
  private static final int PROTOTYPES = 20;
  private static final float CHANCE = (float) Math.log(PROTOTYPES);
  private static final int[] ALL = IntStream.range(0, PROTOTYPES).toArray();

  @Test
  void namesACollapseOnce() {
    List<String> said = run(200, new StepResult(CHANCE, 1, CHANCE, 0.01f, ALL));
    assertThat(said).hasSize(1);
    assertThat(said.get(0))
        .contains("collapsed", "ln K = 3.00", "epsilon (0.03)", "prototypes that are frozen")
        .doesNotContain("\n");
  }

  @Test
  void uniformCodesAreACollapseToo() {
    assertThat(run(200, new StepResult(CHANCE, 1, 0.995f * CHANCE, 0.8f, ALL))).hasSize(1);
  }

  @Test
  void saysNothingOfAHealthyStart() {
    // At the beginning, the loss is near ln K, but the codes are not uniform.
    assertThat(run(200, new StepResult(CHANCE, 1, 0.5f * CHANCE, 0.5f, ALL))).isEmpty();
    assertThat(run(200, new StepResult(0.9f * CHANCE, 1, CHANCE, 0.01f, ALL))).isEmpty();
    assertThat(run(49, new StepResult(CHANCE, 1, CHANCE, 0.01f, ALL))).isEmpty();
  }

  @Test
  void countsDeadPrototypes() {
    int[] few = {1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3};
    List<String> said = run(60, new StepResult(1, 1, 1, 0.9f, few));
    assertThat(said).hasSize(1);
    assertThat(said.get(0)).contains("only 3 of 20 prototypes");
    assertThat(run(49, new StepResult(1, 1, 1, 0.9f, few))).as("too early to say").isEmpty();
  }

  @Test
  void forgetsOldUses() {
    PrototypeUse use = new PrototypeUse(2);
    use.add(new int[] {0});
    assertThat(use.used()).isEqualTo(1);
    for (int i = 0; i < 20; i++) {
      use.add(new int[] {1});
    }
    assertThat(use.isFull()).isTrue();
    assertThat(use.uses()).containsExactly(0, 20);
  }

  private static List<String> run(int steps, StepResult result) {
    HealthCheck health = new HealthCheck(PROTOTYPES);
    PrototypeUse use = new PrototypeUse(PROTOTYPES);
    List<String> said = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      use.add(result.clusters());
      said.addAll(health.check(result, use));
    }
    return said;
  }
}
