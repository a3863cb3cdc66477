package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.records.RecordFile;
import io.swavbeam.pipelines.records.RecordFileWriter;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.io.BinaryEncoder;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * References to images as records of a {@link RecordFile}. What the images of an archive have in
 * common is written once, and referred to: an image of a tar takes some thirty bytes and its name.
 *
 * <p>A common record: source, URI of the file or nothing where it is the same, packing, kind,
 * height, width. An image: where its common record is, position, offset, length, unpacked length +
 * 1, CRC-32 + 1, name, label or nothing.
 */
final class ImageRecords {
  /** Archives in an archive may take turns. */
  private static final int REMEMBERED = 64;

  private ImageRecords() {}

  private record Common(String source, String uri, Packing packing, ImageEncoding encoding) {
    static Common of(ImageRef image) {
      return new Common(image.source(), image.file().uri(), image.packing(), image.encoding());
    }
  }

  /** Writes images. */
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

    /** Adds an image, whose number is that of the record. */
    void add(ImageRef image, @Nullable String label) throws IOException {
      Common common = Common.of(image);
      Long known = written.get(common);
      if (known == null) {
        known = records.addUnnumbered(encoder -> write(common, encoder));
        written.put(common, known);
      }
      long place = known;
      records.add(
          encoder -> {
            encoder.writeLong(place);
            encoder.writeLong(image.position());
            encoder.writeLong(image.offset());
            encoder.writeLong(image.length());
            encoder.writeLong(image.unpackedLength() - ImageRef.UNKNOWN);
            encoder.writeLong(image.crc32() - ImageRef.UNKNOWN);
            encoder.writeString(image.name());
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
      encoder.writeString(common.encoding().kind().name());
      encoder.writeInt(common.encoding().height());
      encoder.writeInt(common.encoding().width());
    }
  }

  /** Reads an image by its number. */
  static ImageRef read(RecordFile records, long number) throws IOException {
    return records.get(
        number,
        image -> {
          Common common =
              records.at(
                  image.readLong(),
                  decoder -> {
                    String source = decoder.readString();
                    String uri = decoder.readString();
                    return new Common(
                        source,
                        uri.isEmpty() ? source : uri,
                        Packing.valueOf(decoder.readString()),
                        new ImageEncoding(
                            ImageEncoding.Kind.valueOf(decoder.readString()),
                            decoder.readInt(),
                            decoder.readInt()));
                  });
          return new ImageRef(
              common.source(),
              image.readLong(),
              new Location(common.uri()),
              image.readLong(),
              image.readLong(),
              common.packing(),
              image.readLong() + ImageRef.UNKNOWN,
              image.readLong() + ImageRef.UNKNOWN,
              common.encoding(),
              image.readString(),
              image.readBoolean() ? image.readString() : null);
        });
  }
}
