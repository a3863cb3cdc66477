package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.config.Digest;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.parquet.ParquetFiles;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;

/**
 * The images of a training run, in a fixed order, without their labels. In memory, a million images
 * take some tens of megabytes: the files' URIs are kept once each.
 */
public final class Manifest {
  private static final String FILE = "images.parquet";
  private static final int DIGEST_LENGTH = 16;
  private static final Schema SCHEMA =
      SchemaBuilder.record("image")
          .fields()
          .requiredString("uri")
          .requiredLong("offset")
          .requiredLong("length")
          .requiredString("packing")
          .requiredString("kind")
          .requiredInt("height")
          .requiredInt("width")
          .requiredString("name")
          .name("source")
          .type(
              Schema.createUnion(
                  Schema.create(Schema.Type.NULL), Schema.create(Schema.Type.STRING)))
          .withDefault(null)
          .name("position")
          .type()
          .longType()
          .longDefault(0)
          .name("unpacked_length")
          .type()
          .longType()
          .longDefault(ImageRef.UNKNOWN)
          .name("crc32")
          .type()
          .longType()
          .longDefault(ImageRef.UNKNOWN)
          .endRecord();

  /** What the images of one file have in common. */
  private record Shared(String source, String uri, Packing packing, ImageEncoding encoding) {}

  private final List<Shared> shared = new ArrayList<>();
  private final int[] sharedIndex;
  private final long[] offsets;
  private final long[] lengths;
  private final long[] positions;
  private final long[] unpackedLengths;
  private final long[] checksums;
  private final byte[][] names;

  private Manifest(List<GenericRecord> records) {
    Map<Shared, Integer> known = new HashMap<>();
    sharedIndex = new int[records.size()];
    offsets = new long[records.size()];
    lengths = new long[records.size()];
    positions = new long[records.size()];
    unpackedLengths = new long[records.size()];
    checksums = new long[records.size()];
    names = new byte[records.size()][];
    for (int i = 0; i < records.size(); i++) {
      GenericRecord row = records.get(i);
      Shared common =
          new Shared(
              row.get(row.hasField("source") && row.get("source") != null ? "source" : "uri")
                  .toString(),
              row.get("uri").toString(),
              Packing.valueOf(row.get("packing").toString()),
              new ImageEncoding(
                  ImageEncoding.Kind.valueOf(row.get("kind").toString()),
                  (int) row.get("height"),
                  (int) row.get("width")));
      sharedIndex[i] =
          known.computeIfAbsent(
              common,
              any -> {
                shared.add(common);
                return shared.size() - 1;
              });
      offsets[i] = (long) row.get("offset");
      lengths[i] = (long) row.get("length");
      positions[i] = number(row, "position", 0);
      unpackedLengths[i] = number(row, "unpacked_length", ImageRef.UNKNOWN);
      checksums[i] = number(row, "crc32", ImageRef.UNKNOWN);
      names[i] = row.get("name").toString().getBytes(StandardCharsets.UTF_8);
    }
  }

  /** Writes a manifest into a folder, which appears whole. */
  public static void write(Path folder, List<ImageRef> images) throws IOException {
    AtomicFiles.writeFolder(
        folder,
        unfinished -> {
          try (FileChannel channel =
                  FileChannel.open(
                      unfinished.resolve(FILE),
                      StandardOpenOption.CREATE_NEW,
                      StandardOpenOption.WRITE);
              ParquetWriter<GenericRecord> writer = ParquetFiles.writer(channel, SCHEMA)) {
            for (ImageRef image : images) {
              writer.write(
                  new GenericRecordBuilder(SCHEMA)
                      .set("uri", image.file().uri())
                      .set("offset", image.offset())
                      .set("length", image.length())
                      .set("packing", image.packing().name())
                      .set("kind", image.encoding().kind().name())
                      .set("height", image.encoding().height())
                      .set("width", image.encoding().width())
                      .set("name", image.name())
                      .set("source", image.source())
                      .set("position", image.position())
                      .set("unpacked_length", image.unpackedLength())
                      .set("crc32", image.crc32())
                      .build());
            }
          }
        });
  }

  /** Reads what {@link #write} wrote. */
  public static Manifest read(Path folder) throws IOException {
    return readFile(file(folder));
  }

  /** The one file of a manifest's folder. */
  public static Path file(Path folder) {
    return folder.resolve(FILE);
  }

  /**
   * Reads such a file, wherever it lies.
   *
   * @throws IOException if it is none
   */
  public static Manifest readFile(Path file) throws IOException {
    List<GenericRecord> records = new ArrayList<>();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        ParquetReader<GenericRecord> reader = ParquetFiles.reader(channel)) {
      GenericRecord row;
      while ((row = reader.read()) != null) {
        records.add(row);
      }
    }
    return new Manifest(records);
  }

  /**
   * A digest of the images' names and places, in order. It does not depend on the folders that the
   * archives lie in.
   */
  public static String digest(List<ImageRef> images) {
    Digest digest = new Digest();
    for (ImageRef image : images) {
      digest.add(image.file().name()).add(image.name()).add(image.offset()).add(image.length());
    }
    return digest.hex(DIGEST_LENGTH);
  }

  /** All images in order, made as they are asked for. */
  public List<ImageRef> images() {
    return new AbstractList<>() {
      @Override
      public ImageRef get(int index) {
        return Manifest.this.get(index);
      }

      @Override
      public int size() {
        return Manifest.this.size();
      }
    };
  }

  /** How many images there are. */
  public int size() {
    return offsets.length;
  }

  /** The image at a place in the order, without its label. */
  public ImageRef get(int index) {
    Shared common = shared.get(sharedIndex[index]);
    return new ImageRef(
        common.source(),
        positions[index],
        new Location(common.uri()),
        offsets[index],
        lengths[index],
        common.packing(),
        unpackedLengths[index],
        checksums[index],
        common.encoding(),
        new String(names[index], StandardCharsets.UTF_8),
        null);
  }

  /** A number of a row; manifests of earlier versions have fewer. */
  private static long number(GenericRecord row, String field, long missing) {
    return row.hasField(field) ? (long) row.get(field) : missing;
  }
}
