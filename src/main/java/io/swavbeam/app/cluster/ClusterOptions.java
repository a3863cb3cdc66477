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
      "Number of TaskManagers. If the cluster is running, those that have died are " + "replaced.")
  @Default.Integer(2)
  int getTaskManagers();

  void setTaskManagers(int value);

  @Description("Number of slots of each TaskManager, which is the parallelism per process.")
  @Default.Integer(1)
  int getSlots();

  void setSlots(int value);

  @Description("Heap of each TaskManager in megabytes.")
  @Default.Integer(768)
  int getHeapMegabytes();

  void setHeapMegabytes(int value);

  @Description("Port of the web UI and of --flinkMaster.")
  @Default.Integer(8081)
  int getRestPort();

  void setRestPort(int value);
}
