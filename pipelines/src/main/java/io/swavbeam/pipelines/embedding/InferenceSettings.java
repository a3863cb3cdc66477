package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.image.ImageLimits;
import java.io.Serializable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * How images are embedded.
 *
 * @param model run directory, or a {@code saved_model/} folder: a path or a URI
 * @param precision of the backbone's activations
 * @param decoding of the pictures; null for that of the model's training
 * @param batchSize images that the network sees at once, at least 1
 * @param refreshSeconds between two looks for a newer model; 0 for none
 * @param limits on images
 */
record InferenceSettings(
    String model,
    Precision precision,
    @Nullable DecodingConfig decoding,
    int batchSize,
    int refreshSeconds,
    ImageLimits limits)
    implements Serializable {
  private static final int BATCH_SIZE = 128;

  InferenceSettings {
    if (batchSize < 1) {
      throw new IllegalArgumentException("the batch size must be at least 1, not " + batchSize);
    }
  }

  static InferenceSettings of(String model) {
    return new InferenceSettings(
        model, Precision.FLOAT32, null, BATCH_SIZE, 0, ImageLimits.DEFAULT);
  }

  InferenceSettings withPrecision(Precision newPrecision) {
    return new InferenceSettings(model, newPrecision, decoding, batchSize, refreshSeconds, limits);
  }

  InferenceSettings withDecoding(DecodingConfig newDecoding) {
    return new InferenceSettings(model, precision, newDecoding, batchSize, refreshSeconds, limits);
  }

  InferenceSettings withBatchSize(int newBatchSize) {
    return new InferenceSettings(model, precision, decoding, newBatchSize, refreshSeconds, limits);
  }

  InferenceSettings withRefreshSeconds(int newRefreshSeconds) {
    return new InferenceSettings(model, precision, decoding, batchSize, newRefreshSeconds, limits);
  }

  InferenceSettings withLimits(ImageLimits newLimits) {
    return new InferenceSettings(model, precision, decoding, batchSize, refreshSeconds, newLimits);
  }
}
