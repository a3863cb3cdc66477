package io.swavbeam.app.benchmark;

import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.graph.TrainingGraph;
import io.swavbeam.model.tensorflow.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A table of the speed of training steps on CPUs, optionally compared with PyTorch. It has a row
 * for each network and precision. Each figure is measured in a separate process, in {@value
 * #ROUNDS} rounds, alternating with PyTorch.
 *
 * <p>The bound is the time of PyTorch's step divided by the time of our convolutions and matrix
 * products. It is the ratio if nothing else took time. Both sides use oneDNN for them.
 */
final class PresetTable {
  private static final int ROUNDS = 3;

  /**
   * The largest number of operations of a step. A round of ResNet-50 takes half a minute on two
   * cores.
   */
  private static final double OPERATIONS_A_STEP = 1e12;

  private static final double OPERATIONS = 2.5e12;
  private static final int MIN_STEPS = 3;
  private static final int MAX_STEPS = 40;
  private static final int MAX_BATCH = 256;
  // The part of steps to warm up. Steps are slow until Java has compiled its code, which matters
  // most for small networks.
  private static final int WARM_UP_PART = 4;
  private static final int MIN_WARM_UP = 2;

  /** The properties that determine the speed of a step. */
  private record Network(NetworkConfig network, List<CropSpec> crops) {}

  /**
   * A network to measure.
   *
   * @param names the names of its presets, separated by commas
   * @param recipe the recipe of the first of them, with the batch size to measure
   */
  private record Row(String names, SwavConfig recipe, int steps) {
    int warmUp() {
      return Math.max(MIN_WARM_UP, steps / WARM_UP_PART);
    }
  }

  private final CpuLimit cpu;
  private final @Nullable PyTorch peer;
  private final Path folder;
  private final Console console;

  /**
   * @param cpu the limit for both sides
   * @param peer PyTorch, or null
   * @param folder the folder for recipes and logs
   */
  PresetTable(CpuLimit cpu, @Nullable PyTorch peer, Path folder, Console console) {
    this.cpu = cpu;
    this.peer = peer;
    this.folder = folder;
    this.console = console;
  }

  /**
   * Measures and prints the table, row by row.
   *
   * @param presets names or files of recipes
   */
  void print(List<String> presets, List<Precision> precisions)
      throws IOException, InterruptedException, CommandFailedException {
    console.say(
        "images/s of a training step with data from memory: minimum, median and maximum of %d processes%s",
        ROUNDS, peer == null ? "" : ", alternating with PyTorch");
    console.say(
        "%-34s %5s %5s %-9s %24s%s  %s",
        "preset",
        "batch",
        "steps",
        "precision",
        "here",
        peer == null
            ? ""
            : " %24s %5s %12s %5s".formatted("PyTorch", "ratio", "convolutions", "bound"),
        "others");
    for (Row row : rows(presets)) {
      for (Precision precision : precisions) {
        measure(row, precision);
      }
    }
  }

  private static List<Row> rows(List<String> presets) {
    Map<Network, List<String>> networks = new LinkedHashMap<>();
    for (String preset : presets) {
      SwavConfig recipe = Presets.load(preset);
      networks
          .computeIfAbsent(
              new Network(recipe.network(), recipe.crops()), network -> new ArrayList<>())
          .add(preset);
    }
    List<Row> rows = new ArrayList<>();
    for (List<String> names : networks.values()) {
      SwavConfig recipe = Presets.load(names.get(0)).withoutQueue().withMicroBatches(1);
      int batch = Integer.highestOneBit(Math.min(recipe.batchSize(), MAX_BATCH));
      double operations = operationsAnImage(recipe);
      while (batch > 2 && batch * operations > OPERATIONS_A_STEP) {
        batch /= 2;
      }
      long steps = Math.round(OPERATIONS / (batch * operations));
      rows.add(
          new Row(
              String.join(", ", names),
              recipe.withBatchSize(batch),
              (int) Math.max(MIN_STEPS, Math.min(MAX_STEPS, steps))));
    }
    return rows;
  }

  private static double operationsAnImage(SwavConfig recipe) {
    SwavConfig small = recipe.withBatchSize(2);
    try (TrainingGraph graph = new TrainingGraph(small, Precision.FLOAT32, 1, Devices.cpu())) {
      return graph.work(1).total() / small.batchSize();
    }
  }

  private void measure(Row row, Precision precision)
      throws IOException, InterruptedException, CommandFailedException {
    Path file = Files.writeString(folder.resolve("preset.json"), ConfigJson.write(row.recipe()));
    Optional<ProcessorTime> before = ProcessorTime.now();
    double[] ours = new double[ROUNDS];
    double[] theirs = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      ours[round] = rate(step(file, precision, row.warmUp(), row.steps(), Map.of()));
      if (peer != null) {
        theirs[round] =
            peer.measure(
                "step",
                row.recipe(),
                precision,
                cpu.environment(),
                "--device=cpu",
                "--steps=" + row.steps(),
                "--warm-up=" + row.warmUp());
      }
    }
    String others =
        before
            .flatMap(then -> ProcessorTime.now().map(now -> now.ofOthersSince(then)))
            .map(share -> "%.0f %%".formatted(100 * share))
            .orElse("unknown");
    console.say(
        "%-34s %5d %5d %-9s %24s%s  %s",
        row.names(),
        row.recipe().batchSize(),
        row.steps(),
        precision,
        range(ours),
        peer == null ? "" : beside(row, precision, file, ours, theirs),
        others);
  }

  private String beside(Row row, Precision precision, Path file, double[] ours, double[] theirs)
      throws IOException, InterruptedException, CommandFailedException {
    String log = step(file, precision, row.warmUp(), MIN_STEPS, OneDnnLog.ENVIRONMENT);
    String measured = log.substring(log.indexOf(BareStep.WARM));
    double products = OneDnnLog.secondsOfProducts(measured) / MIN_STEPS;
    return " %24s %5.2f %9.0f ms %5.2f"
        .formatted(
            range(theirs),
            middle(ours) / middle(theirs),
            1e3 * products,
            row.recipe().batchSize() / middle(theirs) / products);
  }

  private String step(
      Path recipe, Precision precision, int warmUp, int steps, Map<String, String> more)
      throws IOException, InterruptedException, CommandFailedException {
    Map<String, String> environment = new LinkedHashMap<>(cpu.environment());
    environment.putAll(more);
    try {
      return ChildProcess.output(
          ChildProcess.java(
              BareStep.class,
              recipe.toString(),
              precision.toString(),
              Integer.toString(warmUp),
              Integer.toString(steps)),
          environment,
          folder.resolve("step.log"));
    } catch (IOException e) {
      throw new CommandFailedException("a training step failed: " + e.getMessage());
    }
  }

  /** Parses the last line. */
  private static double rate(String output) {
    return Double.parseDouble(output.strip().replaceFirst("(?s).*\\n", ""));
  }

  private static double middle(double[] rates) {
    return Arrays.stream(rates).sorted().skip(rates.length / 2).findFirst().orElseThrow();
  }

  private static String range(double[] rates) {
    double[] sorted = Arrays.stream(rates).sorted().toArray();
    String form = sorted[sorted.length - 1] < 10 ? "%.2f" : "%.1f";
    return Arrays.stream(sorted)
        .mapToObj(form::formatted)
        .reduce((a, b) -> a + " / " + b)
        .orElseThrow();
  }
}
