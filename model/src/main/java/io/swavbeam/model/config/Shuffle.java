package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The permutation of the images in an epoch, as a function of the seed. */
public enum Shuffle {
  /** A keyed bijection of any number of images, without memory for them. */
  @JsonProperty("feistel")
  FEISTEL,
  /** A shuffled array of less than 2^31 images. Runs of version 0.1 have it. */
  @JsonProperty("fisher-yates")
  FISHER_YATES
}
