package io.swavbeam.app.benchmark;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What oneDNN says of the time of its kernels, where {@code ONEDNN_VERBOSE=profile_exec} asks for
 * it: lines of values with commas, the kind of the kernel second behind {@code exec}, the shapes
 * last but one, the milliseconds last.
 */
final class OneDnnLog {
  static final Map<String, String> WISH = Map.of("ONEDNN_VERBOSE", "profile_exec");

  private static final Set<String> PRODUCTS =
      Set.of("convolution", "deconvolution", "matmul", "inner_product", "gemm_api");

  private OneDnnLog() {}

  /** Seconds of all convolutions and matrix products; 0 if oneDNN was not used. */
  static double secondsOfProducts(String output) {
    double milliseconds = 0;
    for (String line : output.lines().toList()) {
      List<String> values = List.of(line.strip().split(","));
      int exec = values.indexOf("exec");
      if (!line.startsWith("onednn_verbose,") || exec < 0 || values.size() < exec + 4) {
        continue;
      }
      // Depthwise convolutions, which begin with their groups, are batch norm's.
      if (PRODUCTS.contains(values.get(exec + 2))
          && !values.get(values.size() - 2).startsWith("g")) {
        milliseconds += Double.parseDouble(values.get(values.size() - 1));
      }
    }
    return milliseconds / 1e3;
  }
}
