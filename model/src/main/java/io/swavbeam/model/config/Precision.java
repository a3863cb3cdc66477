package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The type of the backbone's activations. Weights, statistics, projection head, scores, codes and
 * loss are always float32.
 */
public enum Precision {
  @JsonProperty("float32")
  FLOAT32,
  /** Takes half the memory. Twice as fast or more on hardware that supports it. */
  @JsonProperty("bfloat16")
  BFLOAT16,
  /** For GPUs without bfloat16. The loss is scaled, so that small gradients do not vanish. */
  @JsonProperty("float16")
  FLOAT16;

  /** Returns the precision with a name, if there is one. */
  public static Optional<Precision> named(String name) {
    return Arrays.stream(values()).filter(precision -> precision.toString().equals(name)).findAny();
  }

  /** Returns the name on the command line: {@code bfloat16}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
