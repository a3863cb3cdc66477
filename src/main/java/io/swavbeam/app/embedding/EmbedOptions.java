package io.swavbeam.app.embedding;

import io.swavbeam.app.command.ImageOptions;
import io.swavbeam.app.command.ListingOptions;
import io.swavbeam.app.runner.FlinkOptions;
import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav embed}. */
public interface EmbedOptions extends ImageOptions, ListingOptions, FlinkOptions {
  @Description(
      "The run directory of a finished training, or a copy of its saved_model/, also at s3://.")
  String getModel();

  void setModel(String value);

  @Description(
      "Files with labels beside images in a tar: cls, txt, json:field or "
          + "json:object.field. Without such a file, the folder is the label.")
  @Default.String("cls")
  String getLabel();

  void setLabel(String value);

  @Description(
      "Column of Parquet files with the labels. Default: the column label or class, if "
          + "there is one.")
  String getLabelColumn();

  void setLabelColumn(String value);

  @Description(
      "A CSV file with a name and a label in each line: a path or s3:// that all workers can read."
          + " All other labels are ignored. Names may lack folders and the extension.")
  String getLabels();

  void setLabels(String value);

  @Description(
      "Columns of --labels with the names and the labels: image_id,dx. Default: "
          + "detected by their names, or the first two.")
  List<String> getLabelsColumns();

  void setLabelsColumns(List<String> value);

  @Description("Folder for the embeddings, a path or s3://.")
  String getOutput();

  void setOutput(String value);

  @Description(
      "Type of the backbone's activations: float32, or bfloat16, which is faster on hardware that"
          + " supports it. The model id in the rows includes it.")
  @Default.String("float32")
  String getPrecision();

  void setPrecision(String value);

  @Description("Device: auto, cpu or gpu:0. auto uses the first GPU, if there is one.")
  @Default.String("auto")
  String getDevice();

  void setDevice(String value);

  @Description("Images in a batch of the network.")
  @Default.Integer(128)
  int getBatchSize();

  void setBatchSize(int value);

  @Description(
      "Whether to skip images that --output holds already. If false, --output must hold no embeddings.")
  @Default.Boolean(true)
  boolean getResume();

  void setResume(boolean value);

  @Description(
      "Watches the folders or patterns of --input for new files at this interval (10s, 5m), until it"
          + " is stopped.")
  String getWatch();

  void setWatch(String value);

  @Description(
      "With --watch: how long a file's size and time must not change before it is read."
          + " Default: the value of --watch. Use 0s if files are moved into the folder.")
  String getSettle();

  void setSettle(String value);

  @Description(
      "With --watch or --kafka: how long a store or broker may not answer before the command ends."
          + " Default: forever.")
  String getGiveUpAfter();

  void setGiveUpAfter(String value);

  @Description(
      "Addresses of Kafka brokers, host:port. Images are read from --topic instead of --input.")
  String getKafka();

  void setKafka(String value);

  @Description("Topic of Kafka, which is read from its beginning.")
  String getTopic();

  void setTopic(String value);

  @Description(
      "Content of the messages. references: paths or URIs of images or archives. "
          + "images: image files, whose key is their name.")
  @Default.String("references")
  String getMessages();

  void setMessages(String value);

  @Description("Longest time that a single image waits for others to share a file with.")
  @Default.String("5s")
  String getFileEvery();

  void setFileEvery(String value);

  @Description("Interval of checks for a newer model (30s). Each row has the id of its model.")
  String getRefreshModel();

  void setRefreshModel(String value);
}
