package io.swavbeam.model.plan;

import io.swavbeam.model.config.RunConfig;
import java.util.List;

/**
 * A planned training run.
 *
 * @param run the configuration of the run
 * @param reasons lines that explain what was chosen and not asked for
 * @param warnings lines that explain why the run would be refused: it does not fit into memory, or
 *     differs from the run that was begun
 */
public record RunPlan(RunConfig run, List<String> reasons, List<String> warnings) {
  public RunPlan {
    reasons = List.copyOf(reasons);
    warnings = List.copyOf(warnings);
  }
}
