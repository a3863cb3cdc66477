package io.swavbeam.pipelines.embedding;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.pipelines.archive.SampleFields;
import java.io.Serializable;
import java.time.Duration;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Settings of embedding, the same on all workers. */
@AutoValue
@Internal
public abstract class InferenceSettings implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int BATCH_SIZE = 128;

  /** Returns the run directory or the {@code saved_model/} folder, by a path or a URI. */
  public abstract String model();

  /** Returns the type of the backbone's activations. */
  public abstract Precision precision();

  /** Returns the device that computes: {@code auto}, {@code cpu} or {@code gpu:0}. */
  public abstract String device();

  /** Returns the decoding of pictures; null for that of the model's training. */
  public abstract @Nullable DecodingConfig decoding();

  /** Returns the number of images in a batch, at least 1. */
  abstract int batchSize();

  /** Returns how often a worker checks for a newer model; zero for never. */
  abstract Duration modelRefresh();

  public abstract ImageLimits limits();

  /** Returns the fields of samples in archives that are read from their beginning. */
  public abstract SampleFields fields();

  /** Returns the CSV file from which all labels are taken; null if there is none. */
  public abstract LabelTable.@Nullable Source labelTable();

  /** Returns whether all labels are taken from a table. */
  public boolean hasLabelTable() {
    return labelTable() != null;
  }

  abstract Builder toBuilder();

  static InferenceSettings of(String model) {
    return new AutoValue_InferenceSettings.Builder()
        .setModel(model)
        .setPrecision(Precision.FLOAT32)
        .setDevice(Hardware.AUTO)
        .setBatchSize(BATCH_SIZE)
        .setModelRefresh(Duration.ZERO)
        .setLimits(ImageLimits.DEFAULT)
        .setFields(SampleFields.DEFAULT)
        .build();
  }

  @AutoValue.Builder
  abstract static class Builder {
    abstract Builder setModel(String model);

    abstract Builder setPrecision(Precision precision);

    abstract Builder setDevice(String device);

    abstract Builder setDecoding(@Nullable DecodingConfig decoding);

    abstract Builder setBatchSize(int batchSize);

    abstract Builder setModelRefresh(Duration modelRefresh);

    abstract Builder setLimits(ImageLimits limits);

    abstract Builder setFields(SampleFields fields);

    abstract Builder setLabelTable(LabelTable.@Nullable Source labelTable);

    abstract InferenceSettings autoBuild();

    InferenceSettings build() {
      InferenceSettings settings = autoBuild();
      if (settings.model().isEmpty()) {
        throw new IllegalArgumentException("the model is missing");
      }
      if (!SavedNetwork.PRECISIONS.contains(settings.precision())) {
        throw new IllegalArgumentException(
            "images are not embedded in %s: take one of %s"
                .formatted(settings.precision(), SavedNetwork.PRECISIONS));
      }
      if (!Hardware.isOneDevice(settings.device())) {
        throw new IllegalArgumentException(
            "images are not embedded on '%s': take auto, cpu or gpu:0"
                .formatted(settings.device()));
      }
      if (settings.batchSize() < 1) {
        throw new IllegalArgumentException(
            "the batch size must be at least 1, not " + settings.batchSize());
      }
      if (settings.modelRefresh().isNegative()) {
        throw new IllegalArgumentException(
            "the interval between two checks for a newer model is negative");
      }
      return settings;
    }
  }

  public void populateDisplayData(DisplayData.Builder builder) {
    builder
        .add(DisplayData.item("model", model()).withLabel("Model"))
        .add(DisplayData.item("precision", precision().toString()).withLabel("Precision"))
        .add(DisplayData.item("device", device()).withLabel("Device"))
        .add(DisplayData.item("batchSize", batchSize()).withLabel("Images in a batch"))
        .add(
            DisplayData.item("modelRefreshSeconds", modelRefresh().toSeconds())
                .withLabel("Seconds between two checks for a newer model"))
        .add(DisplayData.item("maxImageBytes", limits().maxBytes()).withLabel("Bytes of an image"))
        .add(DisplayData.item("maxPixels", limits().maxPixels()).withLabel("Pixels of an image"));
    if (decoding() != null) {
      builder.add(DisplayData.item("decoding", decoding().toString()).withLabel("Decoding"));
    }
  }
}
