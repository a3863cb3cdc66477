package io.swavbeam.app.command;

import org.apache.beam.sdk.options.Description;

/** Options of commands that read images in Parquet files. */
public interface ColumnOptions extends SwavOptions {
  @Description(
      "The column of Parquet files that holds the images. Without it, the one that is called image,"
          + " or the only one of bytes.")
  String getImageColumn();

  void setImageColumn(String value);
}
