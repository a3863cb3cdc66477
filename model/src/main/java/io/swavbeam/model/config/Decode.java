package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** The size in which a JPEG is decoded. */
public enum Decode {
  /**
   * Reduced to 1/2, 1/4 or 1/8, if the result is at least twice as large as the crops or the view
   * need it.
   */
  @JsonProperty("scaled")
  SCALED,
  /** Always its own size. */
  @JsonProperty("full")
  FULL;

  /** Returns the name on the command line: {@code scaled}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
