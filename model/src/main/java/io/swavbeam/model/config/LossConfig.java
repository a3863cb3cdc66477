package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.io.Serializable;
import java.util.HashSet;
import java.util.List;

/**
 * The swapped-prediction loss.
 *
 * @param temperature of the softmax over the scores
 * @param epsilon weight of the entropy in the Sinkhorn-Knopp algorithm: smaller values give sharper
 *     codes
 * @param sinkhornIterations rounds of the Sinkhorn-Knopp algorithm
 * @param cropsForAssign the crops (numbered in the order of the crop list) that codes are computed
 *     from; the reference's {@code crops_for_assign}
 */
public record LossConfig(
    @JsonPropertyDescription("Temperature of the softmax over the scores.") double temperature,
    @JsonPropertyDescription(
            "Weight of the entropy in the Sinkhorn-Knopp algorithm; smaller values give sharper codes.")
        double epsilon,
    @JsonPropertyDescription("Iterations of the Sinkhorn-Knopp algorithm.") int sinkhornIterations,
    @JsonPropertyDescription("Indices of the crops that codes are computed from.")
        List<Integer> cropsForAssign)
    implements Serializable {
  private static final int MAX_ITERATIONS = 1000;

  /** The smallest temperature and epsilon. With smaller ones, the divided scores may overflow. */
  private static final double MIN_DIVISOR = 1e-6;

  public LossConfig {
    divisor("loss.temperature", temperature);
    divisor("loss.epsilon", epsilon);
    ConfigCheck.that(
        sinkhornIterations >= 1,
        "loss.sinkhornIterations must be at least 1, not %s",
        sinkhornIterations);
    ConfigCheck.atMost("loss.sinkhornIterations", sinkhornIterations, MAX_ITERATIONS);
    ConfigCheck.that(!cropsForAssign.isEmpty(), "loss.cropsForAssign must name at least one crop");
    ConfigCheck.that(
        new HashSet<>(cropsForAssign).size() == cropsForAssign.size(),
        "loss.cropsForAssign must name each crop once, not %s",
        cropsForAssign);
    cropsForAssign = List.copyOf(cropsForAssign);
  }

  private static void divisor(String name, double value) {
    ConfigCheck.that(value > 0, "%s must be positive, not %s", name, value);
    ConfigCheck.finite(name, value);
    ConfigCheck.that(
        value >= MIN_DIVISOR, "%s must be at least %s, not %s", name, MIN_DIVISOR, value);
  }
}
