package io.swavbeam.app.benchmark;

import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import java.util.Locale;
import java.util.Map;

/** The instruction sets that a measurement may use. */
enum CpuLimit {
  /** All instruction sets of the processor. */
  NATIVE,
  /** AVX2 and older instruction sets. */
  AVX2;

  /**
   * Returns the limit of that name.
   *
   * @throws UsageException if there is none
   */
  static CpuLimit of(String name) throws UsageException {
    return Options.oneOf("cpu", name, values());
  }

  /** Returns the environment that limits oneDNN and the other libraries of PyTorch. */
  Map<String, String> environment() {
    return switch (this) {
      case NATIVE -> Map.of();
      case AVX2 ->
          Map.of(
              "ONEDNN_MAX_CPU_ISA",
              "AVX2",
              "ATEN_CPU_CAPABILITY",
              "avx2",
              "MKL_ENABLE_INSTRUCTIONS",
              "AVX2");
    };
  }

  /** Returns the name as it is given on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
