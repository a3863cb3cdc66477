package io.swavbeam.pipelines.archive;

import java.io.Serializable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The fields of samples that are read, for archives that hold more than images.
 *
 * @param label the source of labels beside images in a tar
 * @param imageColumn the column of Parquet files with the images; null to detect it
 * @param labelColumn the column of Parquet files with the labels; null for the one with a usual
 *     name of labels, if there is one
 */
public record SampleFields(
    LabelSource label, @Nullable String imageColumn, @Nullable String labelColumn)
    implements Serializable {
  /** The labels in {@code .cls} files, and columns that are detected. */
  public static final SampleFields DEFAULT = new SampleFields(LabelSource.CLS, null, null);

  /** Returns the same fields with labels from other files. */
  public SampleFields withLabel(LabelSource source) {
    return new SampleFields(source, imageColumn, labelColumn);
  }

  /** Returns the same fields with columns of these names; null to detect a column. */
  public SampleFields withColumns(@Nullable String image, @Nullable String label) {
    return new SampleFields(this.label, image, label);
  }
}
