package io.swavbeam.model.config;

import java.io.Serializable;
import java.util.List;

/**
 * The swapped-prediction loss.
 *
 * @param temperature of the softmax over the scores
 * @param epsilon weight of the entropy in the Sinkhorn-Knopp algorithm: smaller makes sharper codes
 * @param sinkhornIterations rounds of the Sinkhorn-Knopp algorithm
 * @param codeViews the crops (numbered in the order of the crop list) that codes are computed from
 */
public record LossConfig(
    double temperature, double epsilon, int sinkhornIterations, List<Integer> codeViews)
    implements Serializable {
  public LossConfig {
    Check.that(temperature > 0, "loss.temperature must be positive, not %s", temperature);
    Check.that(epsilon > 0, "loss.epsilon must be positive, not %s", epsilon);
    Check.that(
        sinkhornIterations >= 1,
        "loss.sinkhornIterations must be at least 1, not %s",
        sinkhornIterations);
    Check.that(!codeViews.isEmpty(), "loss.codeViews must name at least one crop");
    codeViews = List.copyOf(codeViews);
  }
}
