package io.swavbeam.app.evaluation;

import io.swavbeam.app.command.SwavOptions;
import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav evaluate}. */
public interface EvaluateOptions extends SwavOptions {
  @Description(
      "Folder of embeddings to evaluate, a path or s3://. Its rows with labels are "
          + "the training set.")
  String getTrain();

  void setTrain(String value);

  @Description("Folder of embeddings of the test set. Default: a part of --train, see --holdOut.")
  String getTest();

  void setTest(String value);

  @Description(
      "Run directory of the model, with its number of prototypes, for embeddings that "
          + "other tools have rewritten.")
  String getRun();

  void setRun(String value);

  @Description(
      "Fraction of --train for testing if there is no --test, selected by a hash of the"
          + " image's name.")
  @Default.Double(0.1)
  double getHoldOut();

  void setHoldOut(double value);

  @Description("Numbers of neighbours, with a classifier for each. Default: 20,200.")
  List<Integer> getNeighbours();

  void setNeighbours(List<Integer> value);

  @Description("Temperature of the weights of neighbours.")
  @Default.Double(0.07)
  double getTemperature();

  void setTemperature(double value);

  @Description("Inverse strength of the linear probe's L2 penalty, as scikit-learn's C.")
  @Default.Double(1)
  double getProbeC();

  void setProbeC(double value);

  @Description(
      "Largest number of embeddings to evaluate of a folder, selected by a hash of the "
          + "image's name.")
  @Default.Integer(EvaluationRun.SAMPLE)
  int getSample();

  void setSample(int value);

  @Description("File for the result as JSON.")
  String getOutput();

  void setOutput(String value);
}
