package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/**
 * The type of the backbone's activations. Weights, statistics, projection head, scores, codes and
 * loss are float32 in any case.
 */
public enum Precision {
  @JsonProperty("float32")
  FLOAT32,
  /** Half the memory and, where the hardware has it, twice the speed or more. */
  @JsonProperty("bfloat16")
  BFLOAT16,
  /** For GPUs without bfloat16; the loss is scaled so that gradients do not vanish. */
  @JsonProperty("float16")
  FLOAT16;

  /** As users write it: {@code bfloat16}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
