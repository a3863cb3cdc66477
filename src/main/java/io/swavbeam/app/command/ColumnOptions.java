package io.swavbeam.app.command;

import org.apache.beam.sdk.options.Description;

/** Options of commands that read images in Parquet files. */
public interface ColumnOptions extends SwavOptions {
  @Description(
      "Column of Parquet files with the images. Default: the column image, or the only "
          + "column of bytes.")
  String getImageColumn();

  void setImageColumn(String value);
}
