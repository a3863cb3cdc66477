package io.swavbeam.app.search;

import io.swavbeam.app.command.ColumnOptions;
import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav search}. */
public interface SearchOptions extends ColumnOptions {
  @Description(
      "The run directory whose model made the embeddings, or its saved_model/, also at s3://.")
  String getModel();

  void setModel(String value);

  @Description("Folder of embeddings, a path or s3://.")
  String getEmbeddings();

  void setEmbeddings(String value);

  @Description("Images to find the neighbours of: files, folders, patterns, archives.")
  List<String> getQuery();

  void setQuery(List<String> value);

  @Description("Neighbours of each image.")
  @Default.Integer(10)
  int getTop();

  void setTop(int value);

  @Description(
      "Folder of an index, made where it is not there: for millions of embeddings, which take long"
          + " to read for each search. Nearly exact; without it, exact.")
  String getIndex();

  void setIndex(String value);

  @Description(
      "File for the neighbours as a picture, PNG: a row for each image, which comes first.")
  String getOutput();

  void setOutput(String value);
}
