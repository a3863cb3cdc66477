package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.pipelines.archive.format.Content;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Counts of files and entries beside images, by extension. Not thread-safe. */
public final class SidecarCounts {
  private final Map<String, Long> counts = new TreeMap<>();

  /** Counts a file. */
  public void add(String name) {
    counts.merge(Content.extension(name), 1L, Long::sum);
  }

  /** Adds other counts. */
  public void addAll(Map<String, Long> others) {
    others.forEach((extension, count) -> counts.merge(extension, count, Long::sum));
  }

  /** Returns the counts by extension in lower case. */
  public Map<String, Long> byExtension() {
    return Map.copyOf(counts);
  }

  /** Returns the counts of unknown extensions. These files could be images. */
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

  /** Returns the total. */
  public long total() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns the counts as text: {@code cls 30, json 30}. */
  @Override
  public String toString() {
    return counts.entrySet().stream()
        .map(count -> "%s %,d".formatted(count.getKey(), count.getValue()))
        .collect(Collectors.joining(", "));
  }
}
