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

  @Description("The report, an HTML file that needs no other.")
  @Default.String("report.html")
  String getOutput();

  void setOutput(String value);

  @Description(
      "Most embeddings that are held in memory and judged, chosen by a hash of the image's name.")
  @Default.Integer(EvaluationRun.SAMPLE)
  int getSample();

  void setSample(int value);

  @Description("Most images on the map.")
  @Default.Integer(Report.POINTS)
  int getPoints();

  void setPoints(int value);

  @Description("Most clusters with a gallery, the largest ones.")
  @Default.Integer(Report.GALLERIES)
  int getGalleries();

  void setGalleries(int value);
}
