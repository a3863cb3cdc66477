package io.swavbeam.app;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav evaluate}. */
public interface EvaluateOptions extends SwavOptions {
  @Description("Labelled embeddings that vote.")
  String getTrain();

  void setTrain(String value);

  @Description(
      "Labelled embeddings that are classified; without it, a part of --train, see --holdOut.")
  String getTest();

  void setTest(String value);

  @Description(
      "Share of --train that is classified by the rest where there is no --test, chosen by a hash"
          + " of the image's name.")
  @Default.Double(0.1)
  double getHoldOut();

  void setHoldOut(double value);

  @Description("Neighbours that vote.")
  @Default.Integer(20)
  int getNeighbours();

  void setNeighbours(int value);

  @Description("Temperature of the votes.")
  @Default.Double(0.07)
  double getTemperature();

  void setTemperature(double value);

  @Description("File for the result as JSON.")
  String getOutput();

  void setOutput(String value);
}
