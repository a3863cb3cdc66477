package io.swavbeam.pipelines.archive;

import java.io.Serializable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What is taken of a sample, where an archive holds more than images.
 *
 * @param label where labels stand beside images in a tar
 * @param imageColumn of Parquet files, or null for the one that looks like it
 * @param labelColumn of Parquet files, or null for the one that is named as labels are, if there is
 *     one
 */
public record SampleFields(
    LabelSource label, @Nullable String imageColumn, @Nullable String labelColumn)
    implements Serializable {
  /** Labels of {@code .cls} files, and columns by their names and types. */
  public static final SampleFields DEFAULT = new SampleFields(LabelSource.CLS, null, null);

  /** With labels of other files. */
  public SampleFields withLabel(LabelSource source) {
    return new SampleFields(source, imageColumn, labelColumn);
  }

  /** With columns of these names; null leaves the choice to their names and types. */
  public SampleFields withColumns(@Nullable String image, @Nullable String label) {
    return new SampleFields(this.label, image, label);
  }
}
