package io.swavbeam.model.tensorflow;

import io.swavbeam.model.config.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The processor of this machine, and the instructions that TensorFlow uses. Kernels with other
 * instructions round sums differently, so equal bits need equal kernels.
 *
 * <p>By default, TensorFlow uses oneDNN's kernels only on processors with AVX-512's instructions
 * for neural networks. The launcher turns them on for all x86 processors. {@code
 * TF_ENABLE_ONEDNN_OPTS=0} in the environment turns them off.
 */
public final class Processor {
  private static final Path DESCRIPTION = Path.of("/proc/cpuinfo");
  private static final String SWITCH = "TF_ENABLE_ONEDNN_OPTS";
  private static final String LIMIT = "ONEDNN_MAX_CPU_ISA";

  /** The instruction sets of oneDNN, newest first, with the flags that each needs. */
  private static final Map<String, List<String>> INSTRUCTION_SETS = new LinkedHashMap<>();

  static {
    List<String> avx512 = List.of("avx512f", "avx512bw", "avx512vl", "avx512dq");
    INSTRUCTION_SETS.put("AVX512_CORE_AMX", List.of("amx_bf16", "amx_int8"));
    INSTRUCTION_SETS.put("AVX512_CORE_BF16", List.of("avx512_bf16"));
    INSTRUCTION_SETS.put("AVX512_CORE_VNNI", List.of("avx512_vnni"));
    INSTRUCTION_SETS.put("AVX512_CORE", avx512);
    INSTRUCTION_SETS.put("AVX2_VNNI", List.of("avx2", "avx_vnni"));
    INSTRUCTION_SETS.put("AVX2", List.of("avx2"));
    INSTRUCTION_SETS.put("AVX", List.of("avx"));
    INSTRUCTION_SETS.put("SSE41", List.of("sse4_1"));
  }

  /** The well-known instruction sets, each with its flag. */
  private static final Map<String, String> ABILITIES = new LinkedHashMap<>();

  static {
    ABILITIES.put("AVX2", "avx2");
    ABILITIES.put("AVX-512", "avx512f");
    ABILITIES.put("AVX-512 BF16", "avx512_bf16");
    ABILITIES.put("AMX", "amx_bf16");
    ABILITIES.put("bfloat16", "bf16");
  }

  private final Set<String> flags;
  private final String name;
  private final Map<String, String> environment;

  /**
   * @param description content of {@code /proc/cpuinfo} on Linux; empty if there is none
   * @param environment environment variables of the process
   */
  Processor(String description, Map<String, String> environment) {
    this.environment = environment;
    flags =
        Set.copyOf(
            value(description, "flags|Features")
                .map(line -> List.of(line.toLowerCase(Locale.ROOT).split("\\s+")))
                .orElse(List.of()));
    name = value(description, "model name").orElse(System.getProperty("os.arch"));
  }

  /** Returns the value of a key for the first processor in the description. */
  private static Optional<String> value(String description, String key) {
    Pattern line = Pattern.compile("(?m)^(?:" + key + ")\\s*: (.*)$");
    return line.matcher(description).results().findFirst().map(match -> match.group(1).strip());
  }

  /**
   * Returns the processor of this machine.
   *
   * @throws InvalidConfigException in one line, if its description cannot be read
   */
  public static Processor ofThisMachine() {
    if (!Files.isReadable(DESCRIPTION)) {
      return new Processor("", System.getenv());
    }
    try (Stream<String> lines = Files.lines(DESCRIPTION)) {
      return new Processor(lines.collect(Collectors.joining("\n")), System.getenv());
    } catch (IOException e) {
      throw new InvalidConfigException(
          "%s cannot be read (%s): it lists the processor's instruction sets"
              .formatted(DESCRIPTION, e.getMessage()),
          e);
    }
  }

  /**
   * Returns whether the processor has instructions for bfloat16 (AVX-512, AMX or ARM), and oneDNN
   * uses them.
   */
  public boolean multipliesBfloat16() {
    return flags.contains("bf16") || (usesOneDnn() && instructionSet().matches(".*(BF16|AMX)"));
  }

  /** Returns whether oneDNN multiplies bfloat16 numbers with AVX-512, and not with AMX. */
  public boolean usesAvx512Bfloat16() {
    return usesOneDnn() && instructionSet().endsWith("BF16");
  }

  /**
   * Returns whether computing in bfloat16 would crash the process. TensorFlow checks the
   * instructions of the processor, not those that oneDNN may use.
   */
  public boolean bfloat16IsForbidden() {
    return usesOneDnn() && flags.contains("avx512f") && !instructionSet().startsWith("AVX512");
  }

  /** Returns whether TensorFlow computes with oneDNN's kernels. */
  boolean usesOneDnn() {
    String wish = environment.get(SWITCH);
    if (wish == null) {
      return flags.contains("avx512_vnni") || flags.contains("amx_int8");
    }
    return wish.equals("1") || wish.equalsIgnoreCase("true");
  }

  /** Returns the newest instruction set that oneDNN may use; empty if the processor is not x86. */
  String instructionSet() {
    String limit = environment.getOrDefault(LIMIT, "ALL").toUpperCase(Locale.ROOT);
    // An unknown name is that of a newer instruction set.
    boolean allowed = !INSTRUCTION_SETS.containsKey(limit);
    for (Map.Entry<String, List<String>> set : INSTRUCTION_SETS.entrySet()) {
      allowed |= set.getKey().equals(limit);
      if (allowed && flags.containsAll(set.getValue())) {
        return set.getKey();
      }
    }
    return "";
  }

  /**
   * Returns the kernels that compute networks on this processor. Processes with equal kernels and
   * numbers of threads compute the same bits.
   */
  public String kernels() {
    if (flags.isEmpty() || instructionSet().isEmpty()) {
      return System.getProperty("os.arch");
    }
    // Without oneDNN, TensorFlow has the same kernels for all processors.
    return usesOneDnn() ? "oneDNN " + instructionSet() : "TensorFlow without oneDNN";
  }

  /** Returns the name, the abilities and the used instructions, for people. */
  @Override
  public String toString() {
    List<String> abilities =
        ABILITIES.keySet().stream().filter(each -> flags.contains(ABILITIES.get(each))).toList();
    return "%s%s; computing with %s on %d threads"
        .formatted(
            name,
            abilities.isEmpty() ? "" : " with " + String.join(", ", abilities),
            kernels(),
            Sessions.threads());
  }
}
