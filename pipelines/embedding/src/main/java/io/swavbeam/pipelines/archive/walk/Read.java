package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.jvm.MemoryBudget;
import org.checkerframework.checker.nullness.qual.Nullable;

/** An image that was found and may wait for its label. */
final class Read {
  private final ImageRef ref;
  private final byte @Nullable [] bytes;
  private MemoryBudget.@Nullable Share memory;

  /**
   * @param bytes the bytes of the image, or null if it is listed
   * @param memory the memory of the bytes, or null
   */
  Read(ImageRef ref, byte @Nullable [] bytes, MemoryBudget.@Nullable Share memory) {
    this.ref = ref;
    this.bytes = bytes;
    this.memory = memory;
  }

  ImageRef ref() {
    return ref;
  }

  byte @Nullable [] bytes() {
    return bytes;
  }

  int length() {
    return bytes == null ? 0 : bytes.length;
  }

  MemoryBudget.@Nullable Share memory() {
    return memory;
  }

  /** Releases the memory while the image waits. A few small images are not counted. */
  void freeMemory() {
    if (memory != null) {
      memory.close();
      memory = null;
    }
  }
}
