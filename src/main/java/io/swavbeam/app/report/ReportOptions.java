package io.swavbeam.app.report;

import io.swavbeam.app.command.ColumnOptions;
import io.swavbeam.app.evaluation.EvaluationRun;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav report}. */
public interface ReportOptions extends ColumnOptions {
  @Description("Folder of embeddings, a path or s3://.")
  String getEmbeddings();

  void setEmbeddings(String value);

  @Description(
      "Run directory of their model: adds the training curves, the crops and the configuration.")
  String getRun();

  void setRun(String value);

  @Description("The report, a self-contained HTML file.")
  @Default.String("report.html")
  String getOutput();

  void setOutput(String value);

  @Description("Largest number of embeddings to evaluate, selected by a hash of the image's name.")
  @Default.Integer(EvaluationRun.SAMPLE)
  int getSample();

  void setSample(int value);

  @Description("Largest number of images on the map.")
  @Default.Integer(Report.POINTS)
  int getPoints();

  void setPoints(int value);

  @Description("Largest number of clusters with a gallery.")
  @Default.Integer(Report.GALLERIES)
  int getGalleries();

  void setGalleries(int value);
}
