package io.swavbeam.model.monitoring;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * A detector of known problems of training with SwAV. Reports each once, in one line, with the
 * remedies that the authors of the method recommend.
 */
final class HealthCheck {
  /** Number of steps that a problem has to last. */
  static final int WINDOW = 50;

  /** A loss within this fraction of ln K is that of an untrained network. */
  private static final double AT_CHANCE = 0.01;

  /** Codes with this fraction of the maximal entropy carry no information. */
  private static final double UNIFORM_CODES = 0.99;

  /** Projections with less than this standard deviation have collapsed to one point. */
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
   * Checks a step.
   *
   * @param use use of the prototypes, including this step
   * @return the problems to report, mostly none
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
              "the features have collapsed: for %d steps the loss has been ln K = %.2f, the codes"
                  + " are %.0f %% uniform and the features' deviation is %.2f; %s",
              WINDOW,
              chance,
              100 * mean(StepResult::codeEntropy) / chance,
              mean(StepResult::featureStandardDeviation),
              REMEDIES));
    }
    // An untrained network uses few prototypes, so the first steps are not judged.
    boolean settled = window.size() == WINDOW && use.isFull();
    if (settled && !deadPrototypesSaid && !collapseSaid && 2 * use.used() < prototypes) {
      deadPrototypesSaid = true;
      warnings.add(
          "only %d of %d prototypes are the nearest of any image: use fewer prototypes, or %s"
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
