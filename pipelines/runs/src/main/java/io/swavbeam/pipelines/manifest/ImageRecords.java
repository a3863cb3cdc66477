package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.archive.ArchiveRef;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.archive.RowsRef;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.records.RecordFile;
import io.swavbeam.pipelines.records.RecordFileWriter;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * References to images, and to archives that are read from their beginning, as records of a {@link
 * RecordFile}. Properties that the images of an archive share are written once. An image of a tar
 * takes about thirty bytes plus its name.
 *
 * <p>A common record has: source, URI of the file (empty if it equals the source), packing, kind,
 * height, width. A record of an image has: offset of its common record, position, offset, length,
 * unpacked length + 1, CRC-32 + 1, name, label (empty if there is none). Rows of a Parquet file
 * have its offset and its length in place of unpacked length and CRC-32. An archive has no unpacked
 * length.
 */
final class ImageRecords {
  /** The number of common records that are remembered, because inner archives may alternate. */
  private static final int REMEMBERED = 64;

  private static final String ARCHIVE = "ARCHIVE";
  private static final String ROWS = "ROWS";

  private ImageRecords() {}

  /**
   * The properties that references share.
   *
   * @param kind the {@link ImageEncoding.Kind} of images, {@link #ARCHIVE} or {@link #ROWS}
   */
  private record Common(
      String source, String uri, Packing packing, String kind, int height, int width) {
    static Common of(StoredRef ref) {
      String uri = ref.file().uri();
      if (ref instanceof ImageRef image) {
        ImageEncoding encoding = image.encoding();
        return new Common(
            image.source(),
            uri,
            image.packing(),
            encoding.kind().name(),
            encoding.height(),
            encoding.width());
      }
      return ref instanceof ArchiveRef archive
          ? new Common(archive.source(), uri, archive.packing(), ARCHIVE, 0, 0)
          : new Common(ref.source(), uri, Packing.STORED, ROWS, 0, 0);
    }
  }

  /** Writes references. */
  static final class Writer {
    private final RecordFileWriter records;
    private final Map<Common, Long> written =
        new LinkedHashMap<>(REMEMBERED, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Common, Long> eldest) {
            return size() > REMEMBERED;
          }
        };

    Writer(RecordFileWriter records) {
      this.records = records;
    }

    /** Adds a reference. Its number is that of its record. */
    void add(StoredRef ref, @Nullable String label) throws IOException {
      Common common = Common.of(ref);
      Long known = written.get(common);
      if (known == null) {
        known = records.addUnnumbered(encoder -> write(common, encoder));
        written.put(common, known);
      }
      long place = known;
      long first = 0;
      long second = 0;
      if (ref instanceof ImageRef image) {
        first = image.unpackedLength() - ImageRef.UNKNOWN;
        second = image.crc32() - ImageRef.UNKNOWN;
      } else if (ref instanceof ArchiveRef archive) {
        second = archive.crc32() - ImageRef.UNKNOWN;
      } else if (ref instanceof RowsRef rows) {
        first = rows.begin();
        second = rows.size();
      }
      long[] numbers = {ref.position(), ref.offset(), ref.length(), first, second};
      records.add(
          encoder -> {
            encoder.writeLong(place);
            for (long number : numbers) {
              encoder.writeLong(number);
            }
            encoder.writeString(ref.name());
            encoder.writeBoolean(label != null);
            if (label != null) {
              encoder.writeString(label);
            }
          });
    }

    private static void write(Common common, BinaryEncoder encoder) throws IOException {
      encoder.writeString(common.source());
      encoder.writeString(common.uri().equals(common.source()) ? "" : common.uri());
      encoder.writeString(common.packing().name());
      encoder.writeString(common.kind());
      encoder.writeInt(common.height());
      encoder.writeInt(common.width());
    }
  }

  /** Reads a reference by its number. */
  static StoredRef read(RecordFile records, long number) throws IOException {
    return records.get(number, record -> read(records, record));
  }

  private static StoredRef read(RecordFile records, BinaryDecoder record) throws IOException {
    Common common = records.at(record.readLong(), ImageRecords::common);
    Location file = new Location(common.uri());
    long position = record.readLong();
    long offset = record.readLong();
    long length = record.readLong();
    long first = record.readLong();
    long second = record.readLong();
    String name = record.readString();
    String label = record.readBoolean() ? record.readString() : null;
    return switch (common.kind()) {
      case ARCHIVE ->
          new ArchiveRef(
              common.source(),
              file,
              offset,
              length,
              common.packing(),
              second + ImageRef.UNKNOWN,
              name);
      case ROWS ->
          new RowsRef(common.source(), position, file, first, second, offset, length, name);
      default ->
          new ImageRef(
              common.source(),
              position,
              file,
              offset,
              length,
              common.packing(),
              first + ImageRef.UNKNOWN,
              second + ImageRef.UNKNOWN,
              new ImageEncoding(
                  ImageEncoding.Kind.valueOf(common.kind()), common.height(), common.width()),
              name,
              label);
    };
  }

  private static Common common(BinaryDecoder decoder) throws IOException {
    String source = decoder.readString();
    String uri = decoder.readString();
    return new Common(
        source,
        uri.isEmpty() ? source : uri,
        Packing.valueOf(decoder.readString()),
        decoder.readString(),
        decoder.readInt(),
        decoder.readInt());
  }
}
