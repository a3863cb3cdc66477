package io.swavbeam.model.tensorflow;

import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The names of devices and precisions, and the hardware of this machine. */
public final class Hardware {
  /** Selects a GPU if there is one. */
  public static final String AUTO = "auto";

  private static final Pattern GPU = Pattern.compile("gpu:(\\d{1,4})");

  private Hardware() {}

  /**
   * Returns the devices of a name.
   *
   * @param names {@code auto}, {@code cpu}, or GPUs such as {@code gpu:0,gpu:1}
   * @throws InvalidConfigException in one line, if it is none of these
   * @throws UnusableDeviceException in one line with the reason, if a GPU cannot be used
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
      if (!matcher.matches() || numbers.contains(Integer.valueOf(matcher.group(1)))) {
        throw new InvalidConfigException(
            "unknown device %s: take auto, cpu, gpu:0, or several such as gpu:0,gpu:1"
                .formatted(names));
      }
      numbers.add(Integer.parseInt(matcher.group(1)));
    }
    for (int number : numbers) {
      Gpus.problem(number)
          .ifPresent(
              problem -> {
                throw new UnusableDeviceException(
                    problem.kind(),
                    "gpu:" + number,
                    "gpu:%d cannot be used: %s".formatted(number, problem.why()));
              });
    }
    return Devices.gpus(numbers);
  }

  /** Describes the devices for people: the processor with its instruction sets, or the GPUs. */
  public static String describe(Devices devices) {
    return devices.areCpus() ? Processor.ofThisMachine().toString() : devices.toString();
  }

  /**
   * Returns whether a name is that of one device, which need not exist: {@code auto}, {@code cpu}
   * or {@code gpu:n}.
   */
  public static boolean isOneDevice(String name) {
    return name.equals(AUTO) || name.equals("cpu") || GPU.matcher(name).matches();
  }

  /**
   * Returns the precision of a name, for some devices.
   *
   * @param name {@code auto}, {@code float32}, {@code bfloat16} or {@code float16}
   * @throws InvalidConfigException in one line, if it is none of these, or the devices cannot
   *     compute in it
   */
  public static Precision precision(String name, Devices devices) {
    if (name.equals(AUTO)) {
      boolean bfloat16 =
          devices.areCpus()
              ? Processor.ofThisMachine().multipliesBfloat16()
              : devices.numbers().stream().allMatch(Gpus::hasBfloat16);
      return bfloat16 ? Precision.BFLOAT16 : Precision.FLOAT32;
    }
    Precision precision = precision(name);
    if (precision == Precision.FLOAT16 && devices.areCpus()) {
      throw new InvalidConfigException(
          "the precision float16 needs a GPU: on a CPU take bfloat16 or float32");
    }
    if (precision == Precision.BFLOAT16
        && devices.areCpus()
        && Processor.ofThisMachine().bfloat16IsForbidden()) {
      throw new InvalidConfigException(
          "the precision bfloat16 needs instructions that ONEDNN_MAX_CPU_ISA in the environment"
              + " forbids: unset it, or take float32");
    }
    return precision;
  }

  /**
   * Returns the precision of a name.
   *
   * @throws InvalidConfigException in one line, if there is none
   */
  public static Precision precision(String name) {
    return Precision.named(name)
        .orElseThrow(
            () ->
                new InvalidConfigException(
                    "unknown precision %s: take auto, %s"
                        .formatted(
                            name,
                            Arrays.stream(Precision.values())
                                .map(Precision::toString)
                                .collect(Collectors.joining(", ")))));
  }
}
