package io.swavbeam.model.monitoring;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * Notices the troubles that training with SwAV is known for, and says each once, in one line, with
 * the remedies that the method's authors give.
 */
final class HealthCheck {
  /** Steps over which a trouble has to last. */
  static final int WINDOW = 50;

  /** A loss within this share of ln K is that of a network that knows nothing. */
  private static final double AT_CHANCE = 0.01;

  /** Codes with this share of the largest possible entropy say nothing. */
  private static final double UNIFORM_CODES = 0.99;

  /** Projections this near to each other are one point. */
  private static final double ONE_POINT = 0.05;

  private static final String REMEDIES =
      "try a smaller epsilon (0.03), prototypes that are frozen for longer, a lower learning rate, a"
          + " smaller or later queue, or softer crops (larger scales, weaker jitter)";

  private final double chance;
  private final int prototypes;
  private final Deque<StepResult> window = new ArrayDeque<>();
  private boolean collapseSaid;
  private boolean deadPrototypesSaid;

  HealthCheck(int prototypes) {
    this.prototypes = prototypes;
    chance = Math.log(prototypes);
  }

  /**
   * Looks at a step.
   *
   * @param use of the prototypes, this step included
   * @return what is to be said, mostly nothing
   */
  List<String> check(StepResult result, PrototypeUse use) {
    window.addLast(result);
    if (window.size() > WINDOW) {
      window.removeFirst();
    }
    List<String> warnings = new ArrayList<>();
    if (window.size() == WINDOW && !collapseSaid && isCollapsed()) {
      collapseSaid = true;
      warnings.add(
          String.format(
              Locale.ROOT,
              "the features have collapsed: for %d steps the loss stays at ln K = %.2f, the codes"
                  + " are %.0f %% uniform and the features' deviation is %.2f; %s",
              WINDOW,
              chance,
              100 * mean(StepResult::codeEntropy) / chance,
              mean(StepResult::featureStandardDeviation),
              REMEDIES));
    }
    // At first every run uses few: its features are those of chance.
    boolean settled = window.size() == WINDOW && use.isFull();
    if (settled && !deadPrototypesSaid && !collapseSaid && 2 * use.used() < prototypes) {
      deadPrototypesSaid = true;
      warnings.add(
          "only %d of %d prototypes are any image's best: take fewer of them, or %s"
              .formatted(use.used(), prototypes, REMEDIES));
    }
    return warnings;
  }

  private boolean isCollapsed() {
    boolean atChance = mean(StepResult::loss) > (1 - AT_CHANCE) * chance;
    boolean uniform = mean(StepResult::codeEntropy) > UNIFORM_CODES * chance;
    boolean onePoint = mean(StepResult::featureStandardDeviation) < ONE_POINT;
    return atChance && (uniform || onePoint);
  }

  private interface Measure {
    float of(StepResult result);
  }

  private double mean(Measure measure) {
    return window.stream().mapToDouble(measure::of).average().orElseThrow();
  }
}
