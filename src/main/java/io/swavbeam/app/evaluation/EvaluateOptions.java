package io.swavbeam.app.evaluation;

import io.swavbeam.app.command.SwavOptions;
import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav evaluate}. */
public interface EvaluateOptions extends SwavOptions {
  @Description(
      "Folder of embeddings, a path or s3://, that are judged; where they have labels, those that"
          + " vote.")
  String getTrain();

  void setTrain(String value);

  @Description(
      "Embeddings that are classified and judged; without it, a part of --train, see --holdOut.")
  String getTest();

  void setTest(String value);

  @Description(
      "Run directory of the model: tells how many prototypes it has, where other tools have written the"
          + " embeddings anew.")
  String getRun();

  void setRun(String value);

  @Description(
      "Share of --train that is classified by the rest where there is no --test, chosen by a hash"
          + " of the image's name.")
  @Default.Double(0.1)
  double getHoldOut();

  void setHoldOut(double value);

  @Description("Neighbours that vote, a classifier for each number. Default: 20,200.")
  List<Integer> getNeighbours();

  void setNeighbours(List<Integer> value);

  @Description("Temperature of the votes.")
  @Default.Double(0.07)
  double getTemperature();

  void setTemperature(double value);

  @Description("Inverse strength of the linear probe's L2 penalty, as scikit-learn's C.")
  @Default.Double(1)
  double getProbeC();

  void setProbeC(double value);

  @Description(
      "Most embeddings of a folder that are held in memory and judged, chosen by a hash of the"
          + " image's name.")
  @Default.Integer(EvaluationRun.SAMPLE)
  int getSample();

  void setSample(int value);

  @Description("File for the result as JSON.")
  String getOutput();

  void setOutput(String value);
}
