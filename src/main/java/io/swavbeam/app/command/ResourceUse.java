package io.swavbeam.app.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The time since this object was created, and the peak memory of the process. */
public final class ResourceUse {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");
  private static final double KILOBYTES_PER_GIGABYTE = 1e6;

  private final long start = System.nanoTime();

  /** Returns the values as text; the memory only on systems that report it. */
  @Override
  public String toString() {
    String time = String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - start) / 1e9);
    OptionalLong peak = peak();
    return peak.isEmpty()
        ? time
        : String.format(
            Locale.ROOT,
            "%s, at most %.1f GB of memory",
            time,
            peak.getAsLong() / KILOBYTES_PER_GIGABYTE);
  }

  private static OptionalLong peak() {
    if (!Files.isReadable(STATUS)) {
      return OptionalLong.empty(); // not Linux
    }
    try {
      Matcher matcher = PEAK.matcher(Files.readString(STATUS));
      return matcher.find()
          ? OptionalLong.of(Long.parseLong(matcher.group(1)))
          : OptionalLong.empty();
    } catch (IOException e) {
      return OptionalLong.empty(); // this information is optional
    }
  }
}
