package io.swavbeam.model.plan;

import io.swavbeam.model.config.OptimizerConfig;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.SwavConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * A recipe that is chosen for the images and the hardware.
 *
 * @param recipe the recipe
 * @param reasons three lines that explain the choice
 */
record AutoRecipe(SwavConfig recipe, List<String> reasons) {
  /** The shorter side of images that are too small for crops of the sizes of photographs. */
  private static final int SMALL_IMAGE = 64;

  // The paper has 3,000 prototypes for ImageNet, and found little difference between 3,000 and
  // 100,000 (arXiv:2006.09882, appendix on the number of prototypes). The exponent gives the 50,000
  // images of CIFAR-10 the 300 prototypes of their preset. For 3,000 images, less than 60
  // prototypes were not better.
  private static final double IMAGENET_IMAGES = 1_281_167;
  private static final int MAX_PROTOTYPES = 3_000;
  private static final double EXPONENT = 0.71;
  private static final int MIN_PROTOTYPES = 60;

  private static final int MAX_EPOCHS = 400;

  /** Small images seen in a run: those of the preset for CIFAR-10 in its 20 epochs. */
  private static final long SMALL_IMAGES_SEEN = 1_000_000;

  /** Photographs seen in a run on a CPU: those that two cores train on in a quarter of an hour. */
  private static final long PHOTOS_SEEN = 90_000;

  private static final int PHOTOS_EPOCHS = 20;

  public AutoRecipe {
    reasons = List.copyOf(reasons);
  }

  /**
   * Chooses {@code cifar10} for small images, and for photographs {@code photos} on a CPU and
   * {@code imagenet} on a GPU, with a batch that fits into memory.
   *
   * @param gpu whether the network is on a GPU
   * @param largestBatch the largest batch of a recipe that fits into memory
   */
  static AutoRecipe of(RunImages images, boolean gpu, ToIntFunction<SwavConfig> largestBatch) {
    RunImages.Sample sample = images.sample();
    String preset = sample.side() < SMALL_IMAGE ? "cifar10" : gpu ? "imagenet" : "photos";
    SwavConfig recipe = Presets.load(preset);
    int prototypes = prototypes(images.images());
    int batch =
        batch(recipe.batchSize(), Math.min(largestBatch.applyAsInt(recipe), images.images()));
    int epochs = epochs(preset, recipe.epochs(), images.images());
    SwavConfig adapted = adapted(recipe, batch, prototypes, epochs, images);
    return new AutoRecipe(
        adapted,
        List.of(
            "preset %s: the median shorter side of %d images is %d pixels%s, and the network is on a %s"
                .formatted(
                    preset,
                    sample.looked(),
                    sample.side(),
                    sample.grey() ? ", without colours" : "",
                    gpu ? "GPU" : "CPU"),
            adapted.summary(),
            "%,d prototypes and %d epochs, for %,d images"
                .formatted(prototypes, epochs, images.images())));
  }

  /** Returns a power of the number of images, limited to 60 to 3,000. */
  static int prototypes(long images) {
    double wanted = MAX_PROTOTYPES * Math.pow(images / IMAGENET_IMAGES, EXPONENT);
    return (int) Math.max(MIN_PROTOTYPES, Math.min(MAX_PROTOTYPES, Math.round(wanted)));
  }

  /** Returns the batch size of the preset, halved until it fits; at least 2. */
  private static int batch(int ofPreset, long limit) {
    int batch = ofPreset;
    while (batch > 2 && batch > limit) {
      batch /= 2;
    }
    return batch;
  }

  private static int epochs(String preset, int ofPreset, long images) {
    return switch (preset) {
      case "photos" -> between(PHOTOS_EPOCHS, PHOTOS_SEEN / images);
      case "cifar10" -> between(ofPreset, SMALL_IMAGES_SEEN / images);
      default -> ofPreset;
    };
  }

  private static int between(int least, long wanted) {
    return Math.toIntExact(Math.max(least, Math.min(MAX_EPOCHS, wanted)));
  }

  /**
   * Returns the preset for a batch size. Learning rates are proportional to it, and prototypes are
   * frozen for one epoch, as in the paper.
   */
  private static SwavConfig adapted(
      SwavConfig recipe, int batch, int prototypes, int epochs, RunImages images) {
    OptimizerConfig optimizer = recipe.optimizer();
    double factor = (double) batch / recipe.batchSize();
    boolean freezes = optimizer.freezePrototypesSteps() > 0;
    Map<String, Object> values = new HashMap<>();
    values.put("prototypes", prototypes);
    values.put("batchSize", batch);
    values.put("microBatches", 1);
    values.put("epochs", epochs);
    values.put("queueLength", recipe.queue().queueLength() / batch * batch);
    values.put("learningRate", factor * optimizer.learningRate());
    values.put("startLearningRate", factor * optimizer.startLearningRate());
    values.put("finalLearningRate", factor * optimizer.finalLearningRate());
    values.put("freezePrototypesSteps", freezes ? Math.max(1, images.images() / batch) : 0);
    if (images.sample().grey()) {
      values.put("grey", 0);
    }
    return recipe.with(values);
  }
}
