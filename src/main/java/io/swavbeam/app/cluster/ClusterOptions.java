package io.swavbeam.app.cluster;

import io.swavbeam.app.command.SwavOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav cluster start} and {@code swav cluster stop}. */
public interface ClusterOptions extends SwavOptions {
  @Description("Folder of the cluster's configuration, logs and checkpoints.")
  @Default.String("flink-cluster")
  String getFolder();

  void setFolder(String value);

  @Description(
      "Processes that do the work. Where the cluster runs already, those that have died are"
          + " replaced.")
  @Default.Integer(2)
  int getTaskManagers();

  void setTaskManagers(int value);

  @Description("Slots of each of them: pipelines run in parallel in as many.")
  @Default.Integer(1)
  int getSlots();

  void setSlots(int value);

  @Description("Heap of each of them, in megabytes.")
  @Default.Integer(768)
  int getHeapMegabytes();

  void setHeapMegabytes(int value);

  @Description("Port of the web UI and of --flinkMaster.")
  @Default.Integer(8081)
  int getRestPort();

  void setRestPort(int value);
}
