package io.swavbeam.app;

import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav search}. */
public interface SearchOptions extends SwavOptions {
  @Description("The run directory whose model made the embeddings.")
  String getModel();

  void setModel(String value);

  @Description("Folder of embeddings.")
  String getEmbeddings();

  void setEmbeddings(String value);

  @Description("Images to find the neighbours of: files, folders, patterns, archives.")
  List<String> getQuery();

  void setQuery(List<String> value);

  @Description("Neighbours of each image.")
  @Default.Integer(10)
  int getTop();

  void setTop(int value);
}
