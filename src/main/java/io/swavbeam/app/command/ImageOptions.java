package io.swavbeam.app.command;

import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of commands that read images. */
public interface ImageOptions extends ColumnOptions {
  @Description(
      "The images: files, folders, patterns, by path or s3://; also .tar, .tar.gz (.bz2, .xz, .zst),"
          + " .zip, CIFAR's binary files and IDX, .parquet with images in it, and archives in"
          + " archives; several are separated by commas, and \\, is a comma in a name.")
  List<String> getInput();

  void setInput(List<String> value);

  @Description(
      "Treatment of transparent pixels. white: blends them with white. drop: ignores "
          + "the transparency. Default: white; for a trained model, that of its training.")
  String getAlpha();

  void setAlpha(String value);

  @Description(
      "Size in which JPEGs are decoded. scaled: 1/2, 1/4 or 1/8, if that is at least "
          + "twice the needed size. full: full size. Default: scaled; for a trained model, "
          + "that of its training.")
  String getDecode();

  void setDecode(String value);

  @Description("Largest number of bytes of an image. Larger images are dead letters.")
  @Default.Long(268435456)
  long getMaxImageBytes();

  void setMaxImageBytes(long value);

  @Description("Largest number of pixels of an image. Larger images are dead letters.")
  @Default.Long(180000000)
  long getMaxPixels();

  void setMaxPixels(long value);
}
