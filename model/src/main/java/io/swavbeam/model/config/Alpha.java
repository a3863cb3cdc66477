package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** The treatment of the transparent pixels of a picture. */
public enum Alpha {
  /** Transparent pixels are composited on white, as a browser shows a picture. */
  @JsonProperty("white")
  WHITE,
  /** The stored colours are kept and alpha is dropped, as Pillow's {@code convert("RGB")} does. */
  @JsonProperty("drop")
  DROP;

  /** Returns the name on the command line: {@code white}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
