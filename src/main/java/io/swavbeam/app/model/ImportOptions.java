package io.swavbeam.app.model;

import io.swavbeam.app.command.ImageOptions;
import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav import}. */
public interface ImportOptions extends ImageOptions {
  @Description(
      "The file of weights: what PyTorch's torch.save wrote (.pth, .pt, .pth.tar), or .safetensors,"
          + " or the .index.json of several such files. No code in it is run.")
  String getWeights();

  void setWeights(String value);

  @Description("Folder for the model; it must not exist.")
  String getOutput();

  void setOutput(String value);

  @Description(
      "Prefix of the names of the network to import, if the file has several: "
          + "teacher.backbone.")
  String getPrefix();

  void setPrefix(String value);

  @Description("Index of the set of prototypes to import, from 0, if the file has several.")
  @Default.Integer(0)
  int getHead();

  void setHead(int value);

  @Description("Temperature of the softmax over the scores.")
  @Default.Double(0.1)
  double getTemperature();

  void setTemperature(double value);

  @Description("Mean of the red, green and blue values, in units of 0 to 1; default ImageNet's.")
  List<Double> getMean();

  void setMean(List<Double> value);

  @Description(
      "Standard deviation of the red, green and blue values, in units of 0 to 1; default that of the"
          + " SwAV authors' ImageNet, 0.228,0.224,0.225.")
  List<Double> getStd();

  void setStd(List<Double> value);

  @Description(
      "Shorter side of an image when it is embedded, before the central square is cut out; default 256, or 32"
          + " for a network with a 3x3 stem.")
  Integer getResize();

  void setResize(Integer value);

  @Description(
      "Side of the square that is embedded; default 224, or 32 for a network with a 3x3 stem.")
  Integer getImageSize();

  void setImageSize(Integer value);

  @Description(
      "With --input: number of prototypes to find by spherical k-means on these images,"
          + " in place of those of the file.")
  Integer getPrototypes();

  void setPrototypes(Integer value);

  @Description("Seed of k-means.")
  @Default.Long(1)
  long getSeed();

  void setSeed(long value);
}
