package io.swavbeam.app.runner;

import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import java.io.File;
import java.net.URI;
import java.net.URL;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.runners.flink.FlinkRunner;
import org.apache.beam.sdk.options.PipelineOptions;

/** The options of the Flink runner that the user has not set. */
public final class FlinkSetup {
  private static final long CHECKPOINT_MILLIS = 5_000;
  private static final int RETRIES = 100;
  private static final long RETRY_DELAY_MILLIS = 2_000;

  private FlinkSetup() {}

  /** Returns whether a pipeline runs on Flink. */
  public static boolean isFlink(PipelineOptions options) {
    return options.getRunner() == FlinkRunner.class;
  }

  /** Returns whether the Flink runner uses a cluster, in other processes than this one. */
  public static boolean isCluster(PipelineOptions options) {
    return isFlink(options)
        && !options.as(FlinkPipelineOptions.class).getFlinkMaster().matches("\\[.*]");
  }

  /** Sets the options of all pipelines on the Flink runner. */
  public static void prepare(FlinkOptions options) throws UsageException {
    if (!isFlink(options)) {
      return;
    }
    FlinkPipelineOptions flink = options.as(FlinkPipelineOptions.class);
    // On a cluster, the command submits the job and watches it itself.
    flink.setAttachedMode(!isCluster(options));
    flink.setJobCheckIntervalInSecs(1);
    flink.setFasterCopy(true);
    if (flink.getNumberOfExecutionRetries() == -1) {
      flink.setNumberOfExecutionRetries(RETRIES);
      flink.setExecutionRetryDelay(RETRY_DELAY_MILLIS);
    }
    if (isCluster(options)
        && (flink.getFilesToStage() == null || flink.getFilesToStage().isEmpty())) {
      flink.setFilesToStage(staged(options.getStage()));
    }
  }

  /**
   * Adds a distinguishing part to the name of a job, so that a later command finds the job. Does
   * nothing if the user has named the job.
   */
  public static void name(FlinkOptions options, String what) {
    if (isCluster(options) && Options.hasDefaultName(options)) {
      options.setJobName(options.getJobName() + " " + what);
    }
  }

  /**
   * Sets options for training: pipelined and without checkpoints, because the trainer knows the
   * progress. A restarted job asks the trainer, and ends when it has finished.
   */
  public static void prepareTraining(FlinkOptions options) throws UsageException {
    prepare(options);
    if (isFlink(options)) {
      FlinkPipelineOptions flink = options.as(FlinkPipelineOptions.class);
      flink.setStreaming(true);
      flink.setShutdownSourcesAfterIdleMs(0L);
    }
  }

  /**
   * Sets options for streams: with checkpoints, from which a failed or cancelled job can continue.
   */
  public static void prepareEndless(FlinkOptions options) throws UsageException {
    if (isFlink(options)) {
      FlinkPipelineOptions flink = options.as(FlinkPipelineOptions.class);
      if (flink.getNumberOfExecutionRetries() == -1) {
        // Flink counts all restarts of a job, and a stream has some in a year.
        flink.setNumberOfExecutionRetries(Integer.MAX_VALUE);
        flink.setExecutionRetryDelay(RETRY_DELAY_MILLIS);
      }
      prepare(options);
      flink.setStreaming(true);
      flink.setShutdownSourcesAfterIdleMs(Long.MAX_VALUE);
      flink.setExternalizedCheckpointsEnabled(true);
      flink.setRetainExternalizedCheckpointsOnCancellation(true);
      if (flink.getCheckpointingInterval() == -1) {
        flink.setCheckpointingInterval(CHECKPOINT_MILLIS);
      }
    }
  }

  private static List<String> staged(String stage) throws UsageException {
    Predicate<String> wanted =
        switch (stage) {
          // Beam uploads everything if there is no list of files. No worker needs this one.
          case "none" -> path -> path.equals(applicationJar());
          case "application" -> FlinkSetup::isOurs;
          case "all" -> path -> !new File(path).getName().startsWith("flink-");
          default ->
              throw new UsageException(
                  "unknown --stage=%s: take none, application, all".formatted(stage));
        };
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(path -> new File(path).exists())
        .filter(wanted)
        .toList();
  }

  private static String applicationJar() {
    return path(FlinkSetup.class.getProtectionDomain().getCodeSource().getLocation());
  }

  /** Decodes the path of a file URL, in which spaces and other characters are encoded. */
  static String path(URL file) {
    return new File(URI.create(file.toString())).getPath();
  }

  private static boolean isOurs(String path) {
    File file = new File(path);
    return file.isDirectory() || file.getName().startsWith("swav");
  }
}
