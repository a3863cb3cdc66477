package io.swavbeam.model.graph;

import java.util.List;
import java.util.OptionalInt;

/**
 * The memory of training, computed before the first step. On a CPU it is the memory of the process,
 * on a GPU that of each GPU.
 *
 * @param process the memory in bytes besides the step: weights, Java, the libraries and the graph
 *     of TensorFlow, waiting batch shards
 * @param step the largest memory of a step in bytes
 * @param available the available memory in bytes, or {@link Long#MAX_VALUE} if it is unknown
 * @param batchSize the number of images of a step
 * @param queueLength the length of the queue in the recipe, which must be a multiple of the batch
 *     size
 * @param microBatches the number of micro-batches
 * @param possible the possible numbers of micro-batches, in rising order
 * @param bytesOfAnImage the memory in bytes that each image of a micro-batch adds to the step
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

  /** Returns the memory of the process and the step in bytes. */
  public long total() {
    return process + step;
  }

  /** Returns whether the machine, or the GPU, has enough memory. */
  public boolean fits() {
    return total() <= available;
  }

  /**
   * Returns the largest batch that fits and divides the queue. Without a queue, it is a multiple of
   * 8 if it is at least 8.
   *
   * @return the batch size; less than 2 if no batch fits
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

  /** Returns the smallest number of micro-batches that fits; empty if none fits. */
  public OptionalInt fittingMicroBatches() {
    return possible.stream()
        .mapToInt(parts -> parts)
        .filter(parts -> parts >= microBatches && batchSize / parts <= largestPart())
        .findFirst();
  }

  /** Returns a line with the memory that is missing, and with the settings that would fit. */
  public String shortage() {
    int batch = largestBatch();
    OptionalInt parts = fittingMicroBatches();
    String fits =
        parts.isPresent()
            ? "it fits in %d micro-batches of %d images"
                    .formatted(parts.getAsInt(), batchSize / parts.getAsInt())
                + (batch < 2
                    ? ""
                    : ", or a step of %d images with a proportionally smaller learning rate"
                        .formatted(batch))
            : "no batch fits: use a smaller network or smaller crops";
    return "a step of %d images takes about %.1f GB, but only %.1f GB are available: %s"
        .formatted(batchSize, total() / GIGABYTE, available / GIGABYTE, fits);
  }

  /** Returns a text for people: {@code about 4.7 GB of 21.5, 2.3 for a step of 8 images}. */
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
