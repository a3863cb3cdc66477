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
      "Folder of an index, which is created if it does not exist. Use it for millions "
          + "of embeddings. Its results are nearly exact. Default: an exact search without an"
          + " index.")
  String getIndex();

  void setIndex(String value);

  @Description(
      "File for the neighbours as a picture, PNG: a row for each image, which comes first.")
  String getOutput();

  void setOutput(String value);
}
