package io.swavbeam.app.benchmark;

import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import java.util.Locale;
import java.util.Map;

/** Whose instructions a measurement uses, of those that this processor has. */
enum CpuLimit {
  /** All of them. */
  NATIVE,
  /** None that are newer than AVX2. */
  AVX2;

  /**
   * The limit of a name.
   *
   * @throws UsageException if there is none
   */
  static CpuLimit of(String name) throws UsageException {
    return Options.oneOf("cpu", name, values());
  }

  /** What tells oneDNN, and the other libraries of PyTorch. */
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

  /** As the option has it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
