package io.swavbeam.pipelines.output;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.deadletter.DeadLetterFiles;
import io.swavbeam.pipelines.deadletter.ElementLetters;
import io.swavbeam.pipelines.kafka.MessageSource;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.beam.sdk.annotations.Internal;

/**
 * The deletion of dead letters of earlier jobs: of images that have a row now, of files that do not
 * exist any more, and duplicates. A duplicate is in another file, because its image was in another
 * output shard.
 *
 * <p>Keeps about 70 bytes in memory for each dead letter, if a folder has earlier ones.
 */
@Internal
public final class EarlierDeadLetters {
  private final Folder letters;
  private final boolean ofStream;
  private final Set<RowKey> seen = new HashSet<>();
  private final Map<String, Boolean> files = new HashMap<>();

  private EarlierDeadLetters(Folder output, boolean ofStream) {
    this.ofStream = ofStream;
    letters = DeadLetterFiles.of(output);
  }

  /**
   * Deletes dead letters after a bounded job.
   *
   * @param output the folder of embeddings
   * @param current the names of the files of dead letters that the job has written
   */
  static void tidyUp(Folder output, Set<String> current) throws IOException {
    new EarlierDeadLetters(output, false).tidyUpOthers(output, current);
  }

  /**
   * Deletes dead letters before a stream. Then moves each dead letter with a known position to a
   * file of its own, as a stream writes them.
   *
   * @param output the folder of embeddings
   */
  public static void prepareStream(Folder output) throws IOException {
    new EarlierDeadLetters(output, true).tidyUpOthers(output, Set.of());
  }

  private void tidyUpOthers(Folder output, Set<String> current) throws IOException {
    List<Location> own = new ArrayList<>();
    List<Location> others = new ArrayList<>();
    for (Location file : letters.files(DeadLetterFiles.SUFFIX)) {
      (current.contains(name(file)) ? own : others).add(file);
    }
    if (others.isEmpty()) {
      return;
    }
    for (Location file : own) {
      DeadLetterFiles.read(file, this::isNew);
    }
    EmbeddingIndex index = EmbeddingIndex.of(output);
    for (Location file : others) {
      tidyUp(file, index);
    }
  }

  private static String name(Location file) {
    String name = file.name();
    return name.substring(0, name.length() - DeadLetterFiles.SUFFIX.length());
  }

  private static RowKey key(DeadLetter letter) {
    return letter.position() == null
        ? RowKey.of(letter.source(), letter.name())
        : RowKey.of(letter.source(), letter.position());
  }

  /** Returns whether the file exists. Messages of topics are not looked up. */
  private boolean isOfSomething(DeadLetter letter) throws IOException {
    String file = letter.source().split("!/", 2)[0];
    if (file.startsWith(MessageSource.SCHEME)) {
      return true;
    }
    Boolean known = files.get(file);
    if (known == null) {
      known = Stores.isLocal(file) ? Files.exists(Path.of(file)) : isObject(file);
      files.clear(); // neighbours have the same file; a complete cache could be too large
      files.put(file, known);
    }
    return known;
  }

  private static boolean isObject(String uri) throws IOException {
    return uri.endsWith("/") || Stores.exists(new Location(uri));
  }

  /** Dead letters of version 0.2 have no position. They are identified by name. */
  private boolean isNew(DeadLetter letter) {
    boolean isNewName = seen.add(RowKey.of(letter.source(), letter.name()));
    return letter.position() == null ? isNewName : seen.add(key(letter));
  }

  private void tidyUp(Location file, EmbeddingIndex index) throws IOException {
    List<DeadLetter> all = new ArrayList<>();
    EmbeddingIndex.Sources.Builder sources = new EmbeddingIndex.Sources.Builder();
    DeadLetterFiles.read(
        file,
        letter -> {
          all.add(letter);
          Long position = letter.position();
          sources.add(
              letter.source(),
              position == null ? 0 : position,
              position == null ? Long.MAX_VALUE : position);
        });
    Set<RowKey> rows = new HashSet<>();
    for (Location embeddings : index.mayHold(sources.build())) {
      rows.addAll(keys(embeddings));
    }
    List<DeadLetter> kept = new ArrayList<>();
    for (DeadLetter letter : all) {
      if (!rows.contains(key(letter)) && isOfSomething(letter) && isNew(letter)) {
        kept.add(letter);
      }
    }
    if (ofStream && kept.stream().anyMatch(letter -> !isOwn(file, letter))) {
      for (DeadLetter letter : kept) {
        if (letter.position() != null) {
          DeadLetterFiles.replace(letters, ownName(letter), List.of(letter));
        }
      }
      kept.removeIf(letter -> letter.position() != null && !isOwn(file, letter));
    }
    if (kept.size() < all.size()) {
      DeadLetterFiles.replace(letters, name(file), kept);
    }
  }

  /** Returns whether a file belongs to this image only, or the position of the image is unknown. */
  private static boolean isOwn(Location file, DeadLetter letter) {
    return letter.position() == null || name(file).equals(ownName(letter));
  }

  private static String ownName(DeadLetter letter) {
    Long position = letter.position();
    return DeadLetterFiles.name(
        letter.source(), position == null ? ElementLetters.WHOLE : position);
  }

  /** Returns the keys of the rows of a file, by position and by name. */
  private static Set<RowKey> keys(Location file) throws IOException {
    Set<RowKey> keys = new HashSet<>();
    try (EmbeddingReader reader = EmbeddingReader.open(file, EmbeddingRow.Column.KEYS)) {
      EmbeddingRow row;
      while ((row = reader.next()) != null) {
        keys.add(RowKey.of(row.source, row.name));
        keys.add(RowKey.of(row.source, row.position));
      }
    }
    return keys;
  }
}
