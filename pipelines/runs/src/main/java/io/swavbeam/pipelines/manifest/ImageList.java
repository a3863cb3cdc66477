package io.swavbeam.pipelines.manifest;

import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.records.RecordFile;
import io.swavbeam.pipelines.records.RecordFileWriter;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.WritableByteChannel;
import java.util.Iterator;
import java.util.stream.LongStream;

/**
 * A file with a list of images with their labels, and of archives that are read from their
 * beginning. A local list is thread-safe.
 */
public final class ImageList implements AutoCloseable {
  private final RecordFile records;

  private ImageList(RecordFile records) {
    this.records = records;
  }

  /** Writes a list. */
  public static final class Writer implements AutoCloseable {
    private final RecordFileWriter records;
    private final ImageRecords.Writer images;

    /**
     * @param channel the channel to write to; closed with this writer
     */
    public Writer(WritableByteChannel channel) throws IOException {
      records = new RecordFileWriter(channel);
      images = new ImageRecords.Writer(records);
    }

    /** Adds an image. */
    public void add(StoredRef image) throws IOException {
      images.add(image, image instanceof ImageRef single ? single.label() : null);
    }

    /**
     * Completes the list.
     *
     * @param notes a text that {@link ImageList#notes} returns
     */
    public void finish(String notes) throws IOException {
      records.finish(notes);
    }

    @Override
    public void close() throws IOException {
      records.close();
    }
  }

  /**
   * Opens a list.
   *
   * @throws IOException in one line, if it is damaged
   */
  public static ImageList open(Location file) throws IOException {
    return new ImageList(RecordFile.open(file));
  }

  /** Returns the notes, which the writer has added. */
  public String notes() {
    return records.notes();
  }

  /** Returns the number of images. */
  public long size() {
    return records.count();
  }

  /**
   * Returns some of the images in order, which are read when the iterator reaches them.
   *
   * @param first the number of the first image
   */
  public Iterator<StoredRef> iterator(long first, long count) {
    return LongStream.range(first, first + count).mapToObj(this::get).iterator();
  }

  private StoredRef get(long number) {
    try {
      return ImageRecords.read(records, number);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    records.close();
  }
}
