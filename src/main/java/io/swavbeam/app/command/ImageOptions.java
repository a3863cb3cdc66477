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
      "What becomes of transparent pixels: white, they are put on white; drop, their colours are"
          + " taken as they are stored. Without it white, and for a trained model what it was"
          + " trained with.")
  String getAlpha();

  void setAlpha(String value);

  @Description(
      "In which size JPEGs are decoded: scaled, at 1/2, 1/4 or 1/8 where what is made of them is at"
          + " most half as large as that; full, always at their own. Without it scaled, and for a"
          + " trained model as it was trained.")
  String getDecode();

  void setDecode(String value);

  @Description("Bytes that an image may have at most; larger ones are dead letters.")
  @Default.Long(268435456)
  long getMaxImageBytes();

  void setMaxImageBytes(long value);

  @Description("Pixels that an image may have at most; larger ones are dead letters.")
  @Default.Long(180000000)
  long getMaxPixels();

  void setMaxPixels(long value);
}
