package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.run.TrainingFailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A comparison of the images of a resumed run with those that it began with. Files are compared by
 * their bytes. An archive may have another name or folder, but each file must have the same
 * content.
 */
public final class InputChange {
  private static final String REMEDY =
      ": give the input that it began with, or another run directory";

  private InputChange() {}

  /**
   * Compares the current manifest with that of the begin of the run. If archives were renamed, the
   * current manifest is rewritten with the earlier names and in the earlier order.
   *
   * @param before the manifest that the run began with
   * @param now the current manifest, which may be replaced
   * @param renamed called with the earlier and the current name of each renamed archive
   * @return whether they could be compared; manifests of earlier versions have no fingerprints
   * @throws TrainingFailedException in one line with the first source that differs
   */
  public static boolean check(Path before, Path now, BiConsumer<String, String> renamed)
      throws IOException {
    Path rewritten = now.resolveSibling(now.getFileName() + AtomicFiles.UNFINISHED);
    try (Manifest then = Manifest.open(before);
        Manifest found = Manifest.open(now)) {
      if (then.notes().sources().isEmpty() || found.notes().sources().isEmpty()) {
        return false;
      }
      if (areEqual(then.sources(), found.sources())) {
        return true;
      }
      List<Pair> pairs = pairs(then, found);
      for (Pair pair : pairs) {
        String present = pair.now().name();
        if (!pair.then().name().equals(present)) {
          renamed.accept(pair.then().name(), present);
        }
      }
      write(found, pairs, rewritten);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    Files.move(rewritten, now, StandardCopyOption.REPLACE_EXISTING);
    return true;
  }

  /** An earlier and a current file. */
  private record Pair(ManifestSource then, ManifestSource now) {}

  private static boolean areEqual(Iterator<ManifestSource> then, Iterator<ManifestSource> now) {
    while (then.hasNext() && now.hasNext()) {
      ManifestSource earlier = then.next();
      ManifestSource source = now.next();
      if (!earlier.holdsTheSameAs(source) || !earlier.name().equals(source.name())) {
        return false;
      }
    }
    return !then.hasNext() && !now.hasNext();
  }

  /** Returns the earlier sources, each with the current source of the same content. */
  private static List<Pair> pairs(Manifest then, Manifest now) {
    Map<String, Deque<ManifestSource>> byContent = new HashMap<>();
    Map<String, Deque<ManifestSource>> byName = new HashMap<>();
    now.sources()
        .forEachRemaining(
            source -> {
              byContent.computeIfAbsent(source.content(), any -> new ArrayDeque<>()).add(source);
              byName.computeIfAbsent(source.name(), any -> new ArrayDeque<>()).add(source);
            });
    List<Pair> pairs = new ArrayList<>();
    for (Iterator<ManifestSource> all = then.sources(); all.hasNext(); ) {
      ManifestSource earlier = all.next();
      Deque<ManifestSource> same = byContent.get(earlier.content());
      if (same == null || same.isEmpty()) {
        throw changed(earlier, byName.get(earlier.name()));
      }
      ManifestSource source = sameName(earlier, same);
      same.remove(source);
      byName.get(source.name()).remove(source);
      pairs.add(new Pair(earlier, source));
    }
    for (Iterator<ManifestSource> all = now.sources(); all.hasNext(); ) {
      ManifestSource source = all.next();
      if (byContent.get(source.content()).contains(source)) {
        throw new TrainingFailedException(
            "%s was not in the input when this run began%s".formatted(source.uri(), REMEDY));
      }
    }
    return pairs;
  }

  private static ManifestSource sameName(ManifestSource earlier, Deque<ManifestSource> same) {
    return same.stream()
        .filter(source -> source.name().equals(earlier.name()))
        .findFirst()
        .orElse(same.getFirst());
  }

  private static TrainingFailedException changed(
      ManifestSource earlier, @Nullable Deque<ManifestSource> named) {
    if (named == null || named.isEmpty()) {
      return new TrainingFailedException(
          "%s, which this run began with, is no longer in the input%s"
              .formatted(earlier.name(), REMEDY));
    }
    ManifestSource now = named.getFirst();
    return now.fingerprint().equals(earlier.fingerprint())
        ? new TrainingFailedException(
            ErrorKind.OTHER_LISTING,
            now.uri(),
            "%s is listed differently than when this run began".formatted(now.uri()))
        : new TrainingFailedException(
            "%s holds other bytes than when this run began%s".formatted(now.uri(), REMEDY));
  }

  private static void write(Manifest found, List<Pair> pairs, Path to) throws IOException {
    try (Manifest.Writer writer =
        new Manifest.Writer(
            Files.newByteChannel(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
      for (Pair pair : pairs) {
        ManifestSource source = pair.now();
        for (long i = source.first(); i < source.first() + source.count(); i++) {
          writer.add(found.get(i));
        }
        writer.endSource(source, pair.then());
      }
      writer.finish("", found.notes().sidecars());
    }
  }
}
