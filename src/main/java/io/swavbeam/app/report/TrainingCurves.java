package io.swavbeam.app.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.model.config.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The curves of a run from its {@code metrics.jsonl}. */
final class TrainingCurves {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TrainingCurves() {}

  /** Returns null if the run has no metrics. */
  static ReportData.@Nullable Training read(Path metrics, RunConfig config) throws IOException {
    List<JsonNode> steps = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    for (String line : Files.exists(metrics) ? Files.readAllLines(metrics) : List.<String>of()) {
      if (!line.endsWith("}")) {
        continue; // the process was killed while it wrote this line
      }
      JsonNode node = JSON.readTree(line);
      if (node.has("warning")) {
        warnings.add(
            "step %d: %s".formatted(node.get("step").asLong() + 1, node.get("warning").asText()));
      } else {
        steps.add(node);
      }
    }
    if (steps.isEmpty()) {
      return null;
    }
    int prototypes = config.recipe().network().prototypes();
    return new ReportData.Training(
        Math.log(prototypes),
        prototypes,
        steps.stream().mapToLong(node -> node.get("step").asLong() + 1).toArray(),
        values(steps, "loss"),
        values(steps, "learningRate"),
        values(steps, "codeEntropy"),
        values(steps, "prototypesUsed"),
        values(steps, "featureDeviation"), // the name in metrics.jsonl since 0.1
        values(steps, "gradientNorm"),
        values(steps, "imagesPerSecond"),
        warnings);
  }

  private static double[] values(List<JsonNode> steps, String name) {
    return steps.stream().mapToDouble(node -> node.path(name).asDouble()).toArray();
  }
}
