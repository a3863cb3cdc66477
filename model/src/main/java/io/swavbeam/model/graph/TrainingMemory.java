package io.swavbeam.model.graph;

/**
 * The memory of training, known before the first step. On a CPU it is that of the process, on a GPU
 * that of each GPU.
 *
 * @param process bytes that are taken before the first step and beside it: the weights, Java,
 *     TensorFlow's libraries and graph, batch shards that wait
 * @param step bytes that a step takes at most
 * @param available bytes that the machine or the GPU has, or {@link Long#MAX_VALUE} where nobody
 *     knows
 * @param batchSize images of the step
 * @param queueLength of the recipe: a batch has to divide it
 * @param bytesOfAnImage that each image adds to the step
 */
public record TrainingMemory(
    long process, long step, long available, int batchSize, int queueLength, long bytesOfAnImage) {
  private static final double GIGABYTE = 1e9;

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
    long tooMuch = Math.max(0, total() - available);
    long images = batchSize - (tooMuch + bytesOfAnImage - 1) / bytesOfAnImage;
    if (queueLength > 0) {
      while (images > 1 && queueLength % images != 0) {
        images--;
      }
      return Math.toIntExact(images);
    }
    return Math.toIntExact(images < 8 ? images : images / 8 * 8);
  }

  /** One line that says what to do where it does not fit. */
  public String remedy() {
    int batch = largestBatch();
    String remedy =
        batch >= 2
            ? "--batchSize=%d fits; make the --learningRate smaller in the same measure"
                .formatted(batch)
            : "no batch fits: take a smaller --backbone or --width, or smaller --crops";
    return "a step of %d images takes about %.1f GB, and there are %.1f GB: %s"
        .formatted(batchSize, total() / GIGABYTE, available / GIGABYTE, remedy);
  }

  /** For people: {@code about 4.7 GB of 25.3, 2.3 for a step of 8 images}. */
  @Override
  public String toString() {
    String of = available == Long.MAX_VALUE ? "" : " of %.1f".formatted(available / GIGABYTE);
    return "about %.1f GB%s, %.1f for a step of %d images"
        .formatted(total() / GIGABYTE, of, step / GIGABYTE, batchSize);
  }
}
