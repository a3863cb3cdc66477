package io.swavbeam.pipelines.output;

import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.listing.Fingerprints;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A file of embeddings while it is written. It is never visible in part in its folder. */
final class UnfinishedFile implements AutoCloseable {
  private static final String FOLDER = "unfinished";

  private final Location location;
  private final Fingerprints fingerprints;
  private final boolean isFixed;
  private EmbeddingFiles.@Nullable Writer writer;
  private long nanos;

  /**
   * @param isFixed see {@link EmbeddingFiles.Writer}
   */
  UnfinishedFile(Folder embeddings, String job, Fingerprints fingerprints, boolean isFixed) {
    location = in(embeddings).folder(job).file(UUID.randomUUID().toString());
    this.fingerprints = fingerprints;
    this.isFixed = isFixed;
  }

  /** Returns the folder of incomplete files, including those of killed workers. */
  static Folder in(Folder embeddings) {
    return embeddings.metadata().folder(FOLDER);
  }

  void write(Embedding embedding, ModelDescription model) throws IOException {
    long start = System.nanoTime();
    try {
      if (writer == null) {
        writer = new EmbeddingFiles.Writer(Stores.create(location), model, fingerprints, isFixed);
      }
      writer.write(embedding);
    } catch (IOException e) {
      throw unwritable(e);
    }
    nanos += System.nanoTime() - start;
  }

  /**
   * Makes the file visible, if it has rows.
   *
   * @return the time of writing in milliseconds; -1 if there are no rows
   */
  long finish(Location file) throws IOException {
    if (writer == null) {
      return -1;
    }
    long start = System.nanoTime();
    try {
      writer.close();
    } catch (IOException e) {
      throw unwritable(e);
    }
    writer = null;
    Stores.moveUnlessThere(location, file);
    return (nanos + System.nanoTime() - start) / 1_000_000;
  }

  /** Adds the name of the file. The error of a full disk does not have it. */
  private IOException unwritable(IOException e) {
    return new IOException("%s cannot be written: %s".formatted(location, e.getMessage()), e);
  }

  /** Deletes the file if it was not finished. */
  @Override
  public void close() throws IOException {
    if (writer != null) {
      writer.close();
      Stores.delete(List.of(location));
    }
  }
}
