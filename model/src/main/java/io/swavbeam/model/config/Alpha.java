package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** The treatment of the transparent pixels of a picture. */
public enum Alpha {
  /** They are put on white: two logos on transparency look as a browser shows them. */
  @JsonProperty("white")
  WHITE,
  /** Their colours are taken as they are stored, as Pillow's {@code convert("RGB")} does. */
  @JsonProperty("drop")
  DROP;

  /** As users write it: {@code white}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
