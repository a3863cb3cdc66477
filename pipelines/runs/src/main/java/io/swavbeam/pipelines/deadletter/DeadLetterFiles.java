package io.swavbeam.pipelines.deadletter;

import io.swavbeam.model.config.Digest;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.checkerframework.checker.nullness.qual.PolyNull;

/**
 * Files of dead letters as JSON lines, {@code <name>.jsonl}. There is a file for each output shard
 * of a bounded input, and for each element of a stream. Files are never visible in part.
 */
public final class DeadLetterFiles {
  /** The end of the names of the files. */
  public static final String SUFFIX = ".jsonl";

  /** The name of the folder of dead letters. */
  public static final String FOLDER = "dead-letters";

  private static final int NAME_LENGTH = 24;

  private DeadLetterFiles() {}

  /** Returns the folder of the dead letters in a folder of embeddings. */
  public static @PolyNull Folder of(@PolyNull Folder embeddings) {
    return embeddings == null ? null : embeddings.metadata().folder(FOLDER);
  }

  /** Returns the name of the file of an element of a stream. */
  public static String name(String source, long position) {
    return new Digest().add(source).add("\0").add(position).hex(NAME_LENGTH);
  }

  /** Returns whether an element of a stream has a dead letter. */
  public static boolean exists(Folder folder, String source, long position) throws IOException {
    return Stores.exists(file(folder, name(source, position)));
  }

  /** Reads the dead letters of an element of a stream, which has a file. */
  public static List<DeadLetter> read(Folder folder, String source, long position)
      throws IOException {
    List<DeadLetter> letters = new ArrayList<>();
    read(file(folder, name(source, position)), letters::add);
    return letters;
  }

  /** Returns the number of letters in a file; 0 if there is no file. */
  public static long count(Folder folder, String name) throws IOException {
    Location file = file(folder, name);
    long[] count = new long[1];
    if (Stores.exists(file)) {
      read(file, letter -> count[0]++);
    }
    return count[0];
  }

  /** Reads the letters of a file. */
  public static void read(Location file, Consumer<DeadLetter> letters) throws IOException {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(Stores.stream(file), StandardCharsets.UTF_8))) {
      reader.lines().map(DeadLetter::fromJson).forEach(letters);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (IllegalArgumentException e) {
      throw new IOException("%s is damaged: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** Writes a file, or deletes it if there are no letters. */
  public static void replace(Folder folder, String name, Iterable<DeadLetter> letters)
      throws IOException {
    Location file = file(folder, name);
    Iterator<DeadLetter> once =
        letters.iterator(); // on Flink, an iterable can be iterated only once
    if (!once.hasNext()) {
      Stores.delete(List.of(file));
      return;
    }
    Stores.write(
        file,
        out -> {
          BufferedWriter writer =
              new BufferedWriter(Channels.newWriter(out, StandardCharsets.UTF_8));
          while (once.hasNext()) {
            writer.write(once.next().toJson());
            writer.write('\n');
          }
          writer.flush();
        });
  }

  /**
   * Deletes files. Files that do not exist are ignored. In a bucket, one request deletes a thousand
   * files.
   */
  public static void delete(Folder folder, List<String> names) throws IOException {
    if (!names.isEmpty()) {
      Stores.delete(names.stream().map(name -> file(folder, name)).toList());
    }
  }

  private static Location file(Folder folder, String name) {
    return folder.file(name + SUFFIX);
  }
}
