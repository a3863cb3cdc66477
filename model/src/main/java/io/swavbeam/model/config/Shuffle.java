package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the order of the images in an epoch follows from the seed; both are permutations. */
public enum Shuffle {
  /** A keyed bijection, of any number of images. */
  @JsonProperty("feistel")
  FEISTEL,
  /** A shuffled array, of less than 2^31 images: runs that were begun with 0.2 or before. */
  @JsonProperty("fisher-yates")
  FISHER_YATES
}
