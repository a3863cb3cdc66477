package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.pipelines.archive.format.Content;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How many files and entries stood beside images, by their extensions. Not safe for use by several
 * threads at once.
 */
public final class SidecarCounts {
  private final Map<String, Long> counts = new TreeMap<>();

  /** Counts one. */
  public void add(String name) {
    counts.merge(Content.extension(name), 1L, Long::sum);
  }

  /** Adds what was counted elsewhere. */
  public void addAll(Map<String, Long> others) {
    others.forEach((extension, count) -> counts.merge(extension, count, Long::sum));
  }

  /** The counts so far, by extension in small letters. */
  public Map<String, Long> byExtension() {
    return Map.copyOf(counts);
  }

  /** Returns the counts of unknown kinds: an image may be among them. */
  public SidecarCounts unknown() {
    SidecarCounts unknown = new SidecarCounts();
    counts.forEach(
        (extension, count) -> {
          if (!Content.isKnown(extension)) {
            unknown.counts.put(extension, count);
          }
        });
    return unknown;
  }

  /** Returns the count of an extension. */
  public long of(String extension) {
    return counts.getOrDefault(extension, 0L);
  }

  /** All of them. */
  public long total() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** As people read it: {@code cls 30, json 30}. */
  @Override
  public String toString() {
    return counts.entrySet().stream()
        .map(count -> "%s %,d".formatted(count.getKey(), count.getValue()))
        .collect(Collectors.joining(", "));
  }
}
