package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** In which size a JPEG is decoded. */
public enum Decode {
  /**
   * At 1/2, 1/4 or 1/8 where what is made of it is at most half as large as that: libjpeg leaves
   * out what nobody would see.
   */
  @JsonProperty("scaled")
  SCALED,
  /** At its own size, always. */
  @JsonProperty("full")
  FULL;

  /** As users write it: {@code scaled}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
