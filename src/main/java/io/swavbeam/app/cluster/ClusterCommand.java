package io.swavbeam.app.cluster;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The command {@code swav cluster}, which starts and stops a Flink cluster on this machine. */
public final class ClusterCommand extends Command<ClusterOptions> {
  public ClusterCommand() {
    super("cluster", "start or stop a Flink cluster on this machine", ClusterOptions.class);
  }

  @Override
  public void run(List<String> arguments, Console console) throws Exception {
    String action = arguments.isEmpty() ? "" : arguments.get(0);
    if (!action.equals("start") && !action.equals("stop")) {
      throw new UsageException("use `swav cluster start` or `swav cluster stop`");
    }
    List<String> rest = arguments.subList(1, arguments.size());
    if (action.equals("start")) {
      super.run(rest, console);
    } else {
      Path folder = folder(Options.parse(rest, options()));
      console.say("stopped %d processes", LocalCluster.stop(folder));
    }
  }

  private static Path folder(ClusterOptions options) throws UsageException {
    return Options.path(options.getFolder(), "folder").toAbsolutePath();
  }

  @Override
  protected void run(ClusterOptions options, Console console)
      throws UsageException, IOException, InterruptedException {
    Path folder = folder(options);
    Options.atLeast(options.getTaskManagers(), 1, "taskManagers");
    Options.atLeast(options.getSlots(), 1, "slots");
    Options.atLeast(options.getHeapMegabytes(), 256, "heapMegabytes");
    LocalCluster cluster =
        LocalCluster.start(
            new LocalCluster.Shape(
                folder,
                System.getProperty("java.class.path"),
                options.getTaskManagers(),
                options.getSlots(),
                options.getHeapMegabytes(),
                options.getRestPort()));
    console.say(
        "%d TaskManagers with %d slots each; web UI: http://%s; logs: %s",
        options.getTaskManagers(), options.getSlots(), cluster.master(), folder.resolve("log"));
    console.say("use it with --runner=FlinkRunner --flinkMaster=%s", cluster.master());
  }
}
