package io.swavbeam.app.crops;

import io.swavbeam.app.command.ImageOptions;
import io.swavbeam.app.training.NetworkOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav crops}. */
public interface CropsOptions extends NetworkOptions, ImageOptions {
  @Description("The picture, a PNG file: a row for each image, a column for each crop.")
  @Default.String("crops.png")
  String getOutput();

  void setOutput(String value);

  @Description("Number of images to show, at most 8.")
  @Default.Integer(8)
  int getImages();

  void setImages(int value);

  @Description("Seed of the crops.")
  @Default.Long(1)
  long getSeed();

  void setSeed(long value);
}
