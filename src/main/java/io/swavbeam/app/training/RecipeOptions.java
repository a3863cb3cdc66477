package io.swavbeam.app.training;

import io.swavbeam.app.command.SwavOptions;
import java.util.List;
import org.apache.beam.sdk.options.Description;

/** One option for each value of a recipe; what is not given is the preset's. */
public interface RecipeOptions extends SwavOptions {
  @Description(
      "Backbone: four-conv, resnet18, resnet34, resnet50, resnet101; residual ones for small images"
          + " with -small-stem behind their names.")
  String getBackbone();

  void setBackbone(String value);

  @Description("Channels of the backbone's first stage.")
  Integer getWidth();

  void setWidth(Integer value);

  @Description("Width of the projection head's hidden layer; 0 for a head of one linear layer.")
  Integer getHiddenDim();

  void setHiddenDim(Integer value);

  @Description("Width of the projection.")
  Integer getProjectionDim();

  void setProjectionDim(Integer value);

  @Description("Number of prototypes.")
  Integer getPrototypes();

  void setPrototypes(Integer value);

  @Description("Mean of the red, green and blue values, in units of 0 to 1.")
  List<Double> getMean();

  void setMean(List<Double> value);

  @Description("Standard deviation of the red, green and blue values, in units of 0 to 1.")
  List<Double> getStd();

  void setStd(List<Double> value);

  @Description(
      "Crops of an image, as count x size : range of the scale: 2x224:0.14-1,6x96:0.05-0.14.")
  List<String> getCrops();

  void setCrops(List<String> value);

  @Description("Probability of a horizontal flip.")
  Double getFlip();

  void setFlip(Double value);

  @Description("Probability of the colour jitter.")
  Double getJitter();

  void setJitter(Double value);

  @Description("Strength of the colour jitter.")
  Double getJitterStrength();

  void setJitterStrength(Double value);

  @Description("Probability of losing the colours.")
  Double getGrey();

  void setGrey(Double value);

  @Description("Probability of a Gaussian blur.")
  Double getBlur();

  void setBlur(Double value);

  @Description("Temperature of the softmax over the scores.")
  Double getTemperature();

  void setTemperature(Double value);

  @Description(
      "Weight of the entropy in the Sinkhorn-Knopp algorithm; smaller makes sharper codes.")
  Double getEpsilon();

  void setEpsilon(Double value);

  @Description("Rounds of the Sinkhorn-Knopp algorithm.")
  Integer getSinkhornIterations();

  void setSinkhornIterations(Integer value);

  @Description("Numbers of the crops that codes are computed from.")
  List<Integer> getCropsForAssign();

  void setCropsForAssign(List<Integer> value);

  @Description("Projections of earlier images that take part in the codes; 0 for no queue.")
  Integer getQueueLength();

  void setQueueLength(Integer value);

  @Description("Epoch from which the queue is filled.")
  Long getQueueStartEpoch();

  void setQueueStartEpoch(Long value);

  @Description("Optimiser: adam, adamw, larc.")
  String getAlgorithm();

  void setAlgorithm(String value);

  @Description("Learning rate after the warm-up.")
  Double getLearningRate();

  void setLearningRate(Double value);

  @Description("Learning rate of the first step of the warm-up.")
  Double getStartLearningRate();

  void setStartLearningRate(Double value);

  @Description("Steps of the warm-up.")
  Long getWarmupSteps();

  void setWarmupSteps(Long value);

  @Description("Epochs of the warm-up, in addition to the steps.")
  Long getWarmupEpochs();

  void setWarmupEpochs(Long value);

  @Description("Learning rate that the cosine ends at.")
  Double getFinalLearningRate();

  void setFinalLearningRate(Double value);

  @Description("How often the learning rate falls: per-step, per-epoch.")
  String getCosine();

  void setCosine(String value);

  @Description("Weight decay.")
  Double getWeightDecay();

  void setWeightDecay(Double value);

  @Description("Largest norm of all gradients together; 0 for no clipping.")
  Double getClipGlobalNorm();

  void setClipGlobalNorm(Double value);

  @Description("Steps in which the prototypes stay as they started.")
  Long getFreezePrototypesSteps();

  void setFreezePrototypesSteps(Long value);

  @Description("Shorter side of an image when it is embedded, before its middle is taken.")
  Integer getResize();

  void setResize(Integer value);

  @Description("Side of the square that is embedded.")
  Integer getImageSize();

  void setImageSize(Integer value);

  @Description("Images a step.")
  Integer getBatchSize();

  void setBatchSize(Integer value);

  @Description(
      "Parts that a step's images go through the network in, one after the other, so that they take"
          + " less memory; auto for as few as fit. Batch norm then takes the statistics of a part.")
  String getMicroBatches();

  void setMicroBatches(String value);

  @Description("Passes over the images, where --steps is not given.")
  Integer getEpochs();

  void setEpochs(Integer value);
}
