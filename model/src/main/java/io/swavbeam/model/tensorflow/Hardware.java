package io.swavbeam.model.tensorflow;

import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What users ask of the hardware, and what this machine has. */
public final class Hardware {
  private static final String AUTO = "auto";
  private static final Pattern GPU = Pattern.compile("gpu:(\\d+)");

  private Hardware() {}

  /**
   * The devices that a user named.
   *
   * @param names {@code auto}, {@code cpu}, or GPUs such as {@code gpu:0,gpu:1}
   * @throws InvalidConfigException in one line, where it is none of these
   * @throws UnusableDeviceException in one line with the reason, where a GPU cannot be used
   */
  public static Devices devices(String names) {
    if (names.equals(AUTO)) {
      return Gpus.problem(0).isEmpty() ? Devices.gpus(List.of(0)) : Devices.cpu();
    }
    if (names.equals("cpu")) {
      return Devices.cpu();
    }
    List<Integer> numbers = new ArrayList<>();
    for (String name : names.split(",", -1)) {
      Matcher matcher = GPU.matcher(name);
      if (!matcher.matches() || numbers.contains(Integer.parseInt(matcher.group(1)))) {
        throw new InvalidConfigException(
            "unknown --device=%s: take auto, cpu, gpu:0, or several such as gpu:0,gpu:1"
                .formatted(names));
      }
      numbers.add(Integer.parseInt(matcher.group(1)));
    }
    for (int number : numbers) {
      Gpus.problem(number)
          .ifPresent(
              problem -> {
                throw new UnusableDeviceException(
                    "--device=gpu:%d cannot be used: %s".formatted(number, problem));
              });
    }
    return Devices.gpus(numbers);
  }

  /**
   * The precision that a user named.
   *
   * @param name {@code auto}, {@code float32}, {@code bfloat16} or {@code float16}
   * @throws InvalidConfigException in one line, where it is none of these, or nothing for these
   *     devices
   */
  public static Precision precision(String name, Devices devices) {
    if (name.equals(AUTO)) {
      boolean bfloat16 = devices.areCpus() ? cpuHasBfloat16() : Gpus.haveBfloat16();
      return bfloat16 ? Precision.BFLOAT16 : Precision.FLOAT32;
    }
    for (Precision precision : Precision.values()) {
      if (precision.toString().equals(name)) {
        if (precision == Precision.FLOAT16 && devices.areCpus()) {
          throw new InvalidConfigException(
              "--precision=float16 needs a GPU: on a CPU take bfloat16 or float32");
        }
        return precision;
      }
    }
    throw new InvalidConfigException(
        "unknown --precision=%s: take auto, %s"
            .formatted(
                name,
                Arrays.stream(Precision.values())
                    .map(Precision::toString)
                    .collect(Collectors.joining(", "))));
  }

  /** Whether this processor multiplies bfloat16 numbers by itself. */
  private static boolean cpuHasBfloat16() {
    Path description = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(description)) {
      return false;
    }
    try (Stream<String> lines = Files.lines(description)) {
      return lines
          .filter(line -> line.startsWith("flags") || line.startsWith("Features"))
          .findFirst()
          .map(line -> Set.of(line.toLowerCase(Locale.ROOT).split("\\s+")))
          .map(flags -> flags.contains("avx512_bf16") || flags.contains("amx_bf16"))
          .orElse(false);
    } catch (IOException e) {
      throw new InvalidConfigException(
          "%s cannot be read (%s): name the --precision".formatted(description, e));
    }
  }
}
