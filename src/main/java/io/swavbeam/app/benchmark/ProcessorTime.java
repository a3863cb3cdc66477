package io.swavbeam.app.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The processor time since the start of the machine, in ticks of Linux. The difference of two
 * instances shows how idle the machine was during a measurement.
 *
 * @param busy the time that was not idle, including time of other guests on the same host
 * @param own the part of it that this process and its finished children used
 * @param all the time of all processors
 */
record ProcessorTime(long busy, long own, long all) {
  private static final Path MACHINE = Path.of("/proc/stat");
  private static final Path PROCESS = Path.of("/proc/self/stat");
  private static final Pattern BLANK = Pattern.compile("\\s+");
  private static final int IDLE = 3;
  private static final int WAITING_FOR_DISKS = 4;
  private static final int KINDS = 8; // later values are included in the first two
  // The index after the name of the program, which may contain spaces.
  private static final int USER = 11;
  private static final int CHILDREN_SYSTEM = 14;

  /** Returns the current values; empty on systems other than Linux. */
  static Optional<ProcessorTime> now() {
    if (!Files.isReadable(MACHINE) || !Files.isReadable(PROCESS)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(MACHINE)) {
      List<Long> kinds =
          BLANK
              .splitAsStream(lines.findFirst().orElse(""))
              .skip(1)
              .limit(KINDS)
              .map(Long::parseLong)
              .toList();
      long all = kinds.stream().mapToLong(Long::longValue).sum();
      String process = Files.readString(PROCESS);
      List<String> fields =
          BLANK.splitAsStream(process.substring(process.lastIndexOf(')') + 2)).toList();
      long own = 0;
      for (int i = USER; i <= CHILDREN_SYSTEM; i++) {
        own += Long.parseLong(fields.get(i));
      }
      return Optional.of(
          new ProcessorTime(all - kinds.get(IDLE) - kinds.get(WAITING_FOR_DISKS), own, all));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Returns the fraction of the processor time since then that other processes used, in [0, 1]. */
  double ofOthersSince(ProcessorTime then) {
    return Math.max(
        0, (double) (busy - then.busy - (own - then.own)) / Math.max(1, all - then.all));
  }
}
