package io.swavbeam.pipelines.output;

import io.swavbeam.model.config.Digest;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.jvm.SharedInstances;
import io.swavbeam.pipelines.parquet.ParquetFiles;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.IoExecutor;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Storage;
import java.io.IOException;
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
 * The images whose rows a folder holds already. Only two columns are read, once in a process; in
 * memory, an image takes some 70 bytes.
 *
 * <p>A worker looks at the folder when it starts, so that no list of files travels with the job. It
 * may find rows that the job itself has written, of output shards that are done: should one of
 * these come again, nothing is left of it to do.
 */
final class ProcessedImages implements AutoCloseable {
  private static final SharedInstances<JobFolder, Set<Key>> READ =
      new SharedInstances<>(ProcessedImages::readAll, keys -> {});

  private final SharedInstances<JobFolder, Set<Key>>.Reference keys;

  private ProcessedImages(SharedInstances<JobFolder, Set<Key>>.Reference keys) {
    this.keys = keys;
  }

  /** The job's name, so that another job in this process looks again. */
  private record JobFolder(Folder folder, String job) {}

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

  private static Set<Key> readAll(JobFolder of) {
    try {
      Set<Key> keys = new HashSet<>();
      IoExecutor.each(EmbeddingFiles.list(of.folder()), ProcessedImages::read, keys::addAll);
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

  /** Reads the rows, unless this process has them already for this job. */
  static ProcessedImages in(Folder folder, String job) {
    return new ProcessedImages(READ.acquire(new JobFolder(folder, job)));
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
