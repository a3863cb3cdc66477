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
 * Images that were listed, in a file, with their labels, and archives that are read from their
 * beginning. One of this machine may be read by several threads at once.
 */
public final class ImageList implements AutoCloseable {
  private final RecordFile records;

  private ImageList(RecordFile records) {
    this.records = records;
  }

  /** Writes a list, image by image. */
  public static final class Writer implements AutoCloseable {
    private final RecordFileWriter records;
    private final ImageRecords.Writer images;

    /**
     * @param channel that is written from its beginning, and closed with this
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
     * Ends the list.
     *
     * @param notes that {@link ImageList#notes} gives back
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

  /** Returns the notes of the writer. */
  public String notes() {
    return records.notes();
  }

  /** How many images there are. */
  public long size() {
    return records.count();
  }

  /**
   * Some of the images in order, read as they are asked for.
   *
   * @param first number of the first one
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
