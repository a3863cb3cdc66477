package io.swavbeam.model.plan;

import io.swavbeam.model.config.RunConfig;
import java.util.List;

/**
 * A planned training run.
 *
 * @param run the configuration of the run
 * @param reasons sentences that explain what was chosen and not asked for
 * @param warnings sentences about what keeps this run from being trained as planned
 */
public record RunPlan(RunConfig run, List<String> reasons, List<String> warnings) {
  public RunPlan {
    reasons = List.copyOf(reasons);
    warnings = List.copyOf(warnings);
  }
}
