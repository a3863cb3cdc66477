package io.swavbeam.pipelines.manifest;

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
 * Compares the images of a run that goes on with those that it began with. Bytes decide: an archive
 * may have another name and lie in another folder, but each file has to hold what it held.
 */
public final class InputChange {
  private static final String REMEDY =
      ": give the input that it began with, or another run directory";

  private InputChange() {}

  /**
   * Compares the manifest of what is there now with that of the run's beginning. Where archives
   * have other names and therefore another order, the manifest of now is written anew in the order
   * of then.
   *
   * @param before file of the manifest that the run began with
   * @param now file of the manifest of what is there, which may be replaced
   * @param renamed gets the earlier and the present name of each archive that has another
   * @return whether they could be compared: manifests of earlier versions know no bytes
   * @throws TrainingFailedException in one line, naming the first source that differs
   */
  public static boolean check(Path before, Path now, BiConsumer<String, String> renamed)
      throws IOException {
    List<ManifestSource> order;
    try (Manifest then = Manifest.open(before);
        Manifest found = Manifest.open(now)) {
      if (then.notes().sources().isEmpty() || found.notes().sources().isEmpty()) {
        return false;
      }
      if (areEqual(then.sources(), found.sources(), renamed)) {
        return true;
      }
      order = inOrderOf(then, found, renamed);
      write(found, order, now.resolveSibling(now.getFileName() + ".reordered"));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    Files.move(
        now.resolveSibling(now.getFileName() + ".reordered"),
        now,
        StandardCopyOption.REPLACE_EXISTING);
    return true;
  }

  private static boolean areEqual(
      Iterator<ManifestSource> then,
      Iterator<ManifestSource> now,
      BiConsumer<String, String> renamed) {
    List<ManifestSource[]> others = new ArrayList<>();
    while (then.hasNext() && now.hasNext()) {
      ManifestSource[] pair = {then.next(), now.next()};
      if (!pair[0].holdsTheSameAs(pair[1])) {
        return false;
      }
      if (!pair[0].name().equals(pair[1].name())) {
        others.add(pair);
      }
    }
    if (then.hasNext() || now.hasNext()) {
      return false;
    }
    others.forEach(pair -> renamed.accept(pair[0].name(), pair[1].name()));
    return true;
  }

  /** The sources of now, each at the place of the one that held the same. */
  private static List<ManifestSource> inOrderOf(
      Manifest then, Manifest now, BiConsumer<String, String> renamed) {
    Map<String, Deque<ManifestSource>> byContent = new HashMap<>();
    Map<String, Deque<ManifestSource>> byName = new HashMap<>();
    now.sources()
        .forEachRemaining(
            source -> {
              byContent.computeIfAbsent(source.content(), any -> new ArrayDeque<>()).add(source);
              byName.computeIfAbsent(source.name(), any -> new ArrayDeque<>()).add(source);
            });
    List<ManifestSource> order = new ArrayList<>();
    for (Iterator<ManifestSource> all = then.sources(); all.hasNext(); ) {
      ManifestSource earlier = all.next();
      Deque<ManifestSource> same = byContent.get(earlier.content());
      if (same == null || same.isEmpty()) {
        throw changed(earlier, byName.get(earlier.name()));
      }
      ManifestSource source = sameName(earlier, same);
      same.remove(source);
      byName.get(source.name()).remove(source);
      order.add(source);
      if (!source.name().equals(earlier.name())) {
        renamed.accept(earlier.name(), source.name());
      }
    }
    for (Iterator<ManifestSource> all = now.sources(); all.hasNext(); ) {
      ManifestSource source = all.next();
      if (byContent.get(source.content()).contains(source)) {
        throw new TrainingFailedException(
            "%s was not among the input when this run began%s".formatted(source.uri(), REMEDY));
      }
    }
    return order;
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
          "%s, which this run began with, is no longer among the input%s"
              .formatted(earlier.uri(), REMEDY));
    }
    ManifestSource now = named.getFirst();
    return new TrainingFailedException(
        now.fingerprint().equals(earlier.fingerprint())
            ? "%s is listed otherwise than when this run began: give the same --maxImageBytes and --imageColumn, or another run directory"
                .formatted(now.uri())
            : "%s holds other bytes than when this run began%s".formatted(now.uri(), REMEDY));
  }

  private static void write(Manifest found, List<ManifestSource> order, Path to)
      throws IOException {
    try (Manifest.Writer writer =
        new Manifest.Writer(
            Files.newByteChannel(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
      for (ManifestSource source : order) {
        for (long i = source.first(); i < source.first() + source.count(); i++) {
          writer.add(found.get(i));
        }
        writer.endSource(source.uri(), source.fingerprint());
      }
      writer.finish("", found.notes().sidecars());
    }
  }
}
