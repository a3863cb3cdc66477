package io.swavbeam.model.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Decisions for descriptions of other processors than that of this machine. */
class ProcessorTest {
  private static final String AVX2 = "fpu sse4_1 avx avx2 fma";
  private static final String AVX512 = AVX2 + " avx512f avx512bw avx512vl avx512dq";
  private static final String VNNI = AVX512 + " avx512_vnni";
  private static final String BF16 = VNNI + " avx512_bf16";
  private static final String AMX = BF16 + " amx_bf16 amx_int8 amx_tile";

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        // flags, TF_ENABLE_ONEDNN_OPTS, ONEDNN_MAX_CPU_ISA, kernels, bfloat16, forbidden
        AVX2 + ", -, -, TensorFlow without oneDNN, false, false",
        AVX2 + ", 1, -, oneDNN AVX2, false, false",
        AVX512 + ", 1, -, oneDNN AVX512_CORE, false, false",
        VNNI + ", -, -, oneDNN AVX512_CORE_VNNI, false, false",
        BF16 + ", -, -, oneDNN AVX512_CORE_BF16, true, false",
        BF16 + ", 0, -, TensorFlow without oneDNN, false, false",
        BF16 + ", 1, AVX2, oneDNN AVX2, false, true",
        BF16 + ", 1, avx512_core, oneDNN AVX512_CORE, false, false",
        AMX + ", 1, -, oneDNN AVX512_CORE_AMX, true, false",
        AMX + ", 1, ALL, oneDNN AVX512_CORE_AMX, true, false",
      })
  void x86(
      String flags,
      String oneDnn,
      String limit,
      String kernels,
      boolean bfloat16,
      boolean forbidden) {
    Map<String, String> environment = new HashMap<>();
    environment.put("TF_ENABLE_ONEDNN_OPTS", oneDnn);
    environment.put("ONEDNN_MAX_CPU_ISA", limit);
    environment.values().removeIf(Objects::isNull);
    Processor processor =
        new Processor(
            "processor\t: 0\nflags\t\t: %s\n\nprocessor\t: 1\nflags\t\t: fpu\n".formatted(flags),
            environment);

    assertThat(processor.kernels()).isEqualTo(kernels);
    assertThat(processor.multipliesBfloat16()).isEqualTo(bfloat16);
    assertThat(processor.bfloat16IsForbidden()).isEqualTo(forbidden);
  }

  @Test
  void saysWhatItCanDoAndWhatIsUsed() {
    String description = "model name\t: Fast 9000\nflags\t\t: %s\nmodel name\t: other\n";
    assertThat(new Processor(description.formatted(AMX), Map.of("TF_ENABLE_ONEDNN_OPTS", "1")))
        .hasToString(
            "Fast 9000 with AVX2, AVX-512, AVX-512 BF16, AMX; computing with oneDNN AVX512_CORE_AMX on %d threads"
                .formatted(Sessions.threads()));
    assertThat(new Processor(description.formatted(AVX2), Map.of()).toString())
        .contains("Fast 9000 with AVX2; computing with TensorFlow without oneDNN");
  }

  @Test
  void arm() {
    Processor with = new Processor("Features\t: fp asimd bf16 i8mm", Map.of());
    Processor without = new Processor("Features\t: fp asimd", Map.of());

    assertThat(with.multipliesBfloat16()).isTrue();
    assertThat(without.multipliesBfloat16()).isFalse();
    assertThat(with.kernels()).isEqualTo(System.getProperty("os.arch"));
  }

  @Test
  void aProcessorThatNothingIsKnownOf() {
    assertThat(new Processor("", Map.of()).multipliesBfloat16()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"7.5, false", "8.0, true", "9.0, true", "12.0, true", "No devices were found, false"})
  void gpus(String answer, boolean bfloat16) {
    assertThat(Gpus.isAmpere(answer + "\n")).isEqualTo(bfloat16);
  }
}
