package io.swavbeam.model.tensorflow;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** Memory of the machine and of its GPUs, in bytes. */
public final class DeviceMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String RESIDENT = "VmRSS:";
  private static final long KIBIBYTE = 1024;

  private DeviceMemory() {}

  /**
   * Returns the available memory of the devices. For CPUs, it is 85 % of the memory of the machine,
   * or of the container of this process. The system needs some memory and kills processes that take
   * too much, and the estimate of a step may be a tenth too low. For GPUs, it is all the memory of
   * the smallest one.
   *
   * @return the memory in bytes; {@link Long#MAX_VALUE} if it is unknown
   */
  public static long available(Devices devices) {
    if (!devices.areCpus()) {
      return devices.numbers().stream().mapToLong(Gpus::memory).min().orElse(Long.MAX_VALUE);
    }
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getTotalMemorySize() / 20 * 17
        : Long.MAX_VALUE;
  }

  /** Returns the resident bytes of this process; 0 if the system does not report them. */
  public static long resident() {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith(RESIDENT))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIBIBYTE)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0; // another system than Linux
    }
  }
}
