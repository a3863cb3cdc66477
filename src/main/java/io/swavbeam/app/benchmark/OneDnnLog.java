package io.swavbeam.app.benchmark;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The log of oneDNN with the time of each kernel, enabled by {@code ONEDNN_VERBOSE=profile_exec}. A
 * line is a comma-separated list. The kind of the kernel is the second value after {@code exec}.
 * The last two values are its shapes and the milliseconds.
 */
final class OneDnnLog {
  /** The environment of a process that writes this log to its standard output. */
  static final Map<String, String> ENVIRONMENT = Map.of("ONEDNN_VERBOSE", "profile_exec");

  private static final Set<String> PRODUCTS =
      Set.of("convolution", "deconvolution", "matmul", "inner_product", "gemm_api");

  private OneDnnLog() {}

  /** Returns the seconds of all convolutions and matrix products; 0 if oneDNN was not used. */
  static double secondsOfProducts(String output) {
    double milliseconds = 0;
    for (String line : output.lines().toList()) {
      List<String> values = List.of(line.strip().split(","));
      int exec = values.indexOf("exec");
      if (!line.startsWith("onednn_verbose,") || exec < 0 || values.size() < exec + 4) {
        continue;
      }
      // Batch norm uses depthwise convolutions. Their shapes begin with the number of groups.
      if (PRODUCTS.contains(values.get(exec + 2))
          && !values.get(values.size() - 2).startsWith("g")) {
        milliseconds += Double.parseDouble(values.get(values.size() - 1));
      }
    }
    return milliseconds / 1e3;
  }
}
