package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.config.Digest;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.jvm.PerJvm;
import io.swavbeam.pipelines.parquet.ParquetFiles;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Requests;
import io.swavbeam.pipelines.storage.Storage;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.hadoop.ParquetReader;

/**
 * The images that earlier runs have embedded, by the rows that these have left. Only two columns
 * are read, once in a process; in memory, an image takes some 70 bytes.
 */
public final class FinishedImages implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final PerJvm<List<Location>, Set<Key>> READ =
      new PerJvm<>(FinishedImages::read, keys -> {});

  private final List<Location> files;

  /**
   * @param files of embeddings, as they were before the run began: what it writes itself is no
   *     reason to leave anything out
   */
  public FinishedImages(List<Location> files) {
    this.files = List.copyOf(files);
  }

  /** Half of a SHA-256 digest: an accident in 2 to the 64 images. */
  private record Key(long high, long low) {
    static Key of(String source, long position) {
      return of(new Digest().add(source).add("\0").add(position));
    }

    /** Of a row whose version noted no position. */
    static Key of(String source, String name) {
      return of(new Digest().add(source).add("\0").add(name));
    }

    private static Key of(Digest digest) {
      ByteBuffer bytes = digest.bytes();
      return new Key(bytes.getLong(), bytes.getLong());
    }
  }

  private static Set<Key> read(List<Location> files) {
    try {
      Set<Key> keys = new HashSet<>();
      Requests.each(files, FinishedImages::read, keys::addAll);
      return keys;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Key> read(Location file) throws IOException {
    List<Key> keys = new ArrayList<>();
    try (SeekableByteChannel channel = Storage.open(file);
        ParquetReader<GenericRecord> reader = ParquetFiles.reader(channel, EmbeddingRows.KEYS)) {
      GenericRecord row;
      while ((row = reader.read()) != null) {
        String source = row.get("source").toString();
        long position = EmbeddingRows.position(row);
        keys.add(
            position == EmbeddingRows.UNKNOWN_POSITION
                ? Key.of(source, row.get("name").toString())
                : Key.of(source, position));
      }
    }
    return keys;
  }

  /** Reads the rows, unless this process has them already. */
  Lookup open() {
    return new Lookup(READ.lease(files));
  }

  /** Answers until it is closed. */
  static final class Lookup implements AutoCloseable {
    private final PerJvm<List<Location>, Set<Key>>.Lease keys;

    private Lookup(PerJvm<List<Location>, Set<Key>>.Lease keys) {
      this.keys = keys;
    }

    boolean contains(ImageRef image) {
      return keys.get().contains(Key.of(image.source(), image.position()))
          || keys.get().contains(Key.of(image.source(), image.name()));
    }

    @Override
    public void close() {
      keys.close();
    }
  }
}
