package io.swavbeam.pipelines.run;

import io.swavbeam.model.inference.ModelDescription;
import java.util.Map;
import java.util.Optional;

/**
 * The result of an {@link EmbeddingRun}, counted on disk.
 *
 * @param model id of the model that has embedded the images
 * @param rows number of rows that it has written
 * @param earlier number of rows that the folder held before
 * @param seconds duration of the pipeline, including its start
 * @param entries counts of the entries of the input; empty if the input is endless
 */
public record EmbeddingSummary(
    ModelDescription model, long rows, long earlier, double seconds, Optional<Entries> entries) {
  /**
   * The results of the entries of an input. Each entry is counted once.
   *
   * @param rows the number of images that were embedded
   * @param labelled the number of rows with another label than the name of their folder
   * @param earlier the number of images that had a row before
   * @param deadLetters the number of entries that cannot be used
   * @param sidecars the number of entries beside images, by extension
   * @param changed the URI of the first file that has changed since its images were embedded; empty
   *     if there is none
   */
  public record Entries(
      long rows,
      long labelled,
      long earlier,
      long deadLetters,
      Map<String, Long> sidecars,
      String changed) {
    public Entries {
      sidecars = Map.copyOf(sidecars);
    }

    /** Returns the number of all entries. */
    public long total() {
      return rows
          + earlier
          + deadLetters
          + sidecars.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /** Returns the number of images embedded in a second. */
  public double imagesPerSecond() {
    return rows / seconds;
  }
}
