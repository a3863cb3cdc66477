package io.swavbeam.model.graph;

import java.util.List;
import java.util.OptionalInt;

/**
 * The memory of training, known before the first step. On a CPU it is that of the process, on a GPU
 * that of each GPU.
 *
 * @param process bytes that are taken before the first step and beside it: the weights, Java,
 *     TensorFlow's libraries and graph, batch shards that wait
 * @param step bytes that a step takes at most
 * @param available bytes that may be taken of the machine's or the GPU's, or {@link Long#MAX_VALUE}
 *     where nobody knows
 * @param batchSize images of the step
 * @param queueLength of the recipe: a batch has to divide it
 * @param microBatches parts that the batch is in
 * @param possible what {@code microBatches} may be, in rising order
 * @param bytesOfAnImage that each image of a part adds to the step
 */
public record TrainingMemory(
    long process,
    long step,
    long available,
    int batchSize,
    int queueLength,
    int microBatches,
    List<Integer> possible,
    long bytesOfAnImage) {
  private static final double GIGABYTE = 1e9;

  public TrainingMemory {
    possible = List.copyOf(possible);
  }

  /** All of it. */
  public long total() {
    return process + step;
  }

  /** Whether the machine, or the GPU, has as much. */
  public boolean fits() {
    return total() <= available;
  }

  /**
   * The largest batch that fits and divides the queue; without a queue, a multiple of 8 where it
   * can be.
   *
   * @return less than 2 where none fits
   */
  public int largestBatch() {
    long images = (long) microBatches * largestPart();
    if (queueLength > 0) {
      while (images > 1 && queueLength % images != 0) {
        images--;
      }
      return Math.toIntExact(images);
    }
    return Math.toIntExact(images < 8 ? images : images / 8 * 8);
  }

  private long largestPart() {
    long tooMuch = Math.max(0, total() - available);
    return batchSize / microBatches - (tooMuch + bytesOfAnImage - 1) / bytesOfAnImage;
  }

  /** The fewest parts of the batch with which it fits; empty if it fits in none. */
  public OptionalInt fittingMicroBatches() {
    return possible.stream()
        .mapToInt(parts -> parts)
        .filter(parts -> parts >= microBatches && batchSize / parts <= largestPart())
        .findFirst();
  }

  /** One line that says what does not fit, and what would. */
  public String shortage() {
    int batch = largestBatch();
    OptionalInt parts = fittingMicroBatches();
    String fits =
        parts.isPresent()
            ? "in %d parts of %d it fits".formatted(parts.getAsInt(), batchSize / parts.getAsInt())
                + (batch < 2
                    ? ""
                    : ", or a step of %d with a learning rate that is smaller in the same measure"
                        .formatted(batch))
            : "no batch fits, but that of a smaller network or of smaller crops";
    return "a step of %d images takes about %.1f GB, and there are %.1f GB: %s"
        .formatted(batchSize, total() / GIGABYTE, available / GIGABYTE, fits);
  }

  /** For people: {@code about 4.7 GB of 21.5, 2.3 for a step of 8 images}. */
  @Override
  public String toString() {
    String of = available == Long.MAX_VALUE ? "" : " of %.1f".formatted(available / GIGABYTE);
    return "about %.1f GB%s, %.1f for a step of %d images%s"
        .formatted(
            total() / GIGABYTE,
            of,
            step / GIGABYTE,
            batchSize,
            microBatches == 1 ? "" : " in %d parts".formatted(microBatches));
  }
}
