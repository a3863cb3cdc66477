package io.swavbeam.pipelines.manifest;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.parquet.ParquetFiles;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.hadoop.ParquetReader;

/** Manifests of version 0.2 and before, in Parquet. The oldest ones have fewer columns. */
final class EarlierManifest {
  private static final String FILE = "images.parquet";

  private EarlierManifest() {}

  static boolean isIn(Path folder) {
    return Files.exists(folder.resolve(FILE));
  }

  /** Converts a manifest to the current format. Replaces the folder atomically. */
  static void convert(Path folder) throws IOException {
    AtomicFiles.writeFolder(
        folder,
        unfinished -> {
          try (FileChannel channel =
                  FileChannel.open(folder.resolve(FILE), StandardOpenOption.READ);
              ParquetReader<GenericRecord> reader = ParquetFiles.reader(channel);
              Manifest.Writer writer = Manifest.writer(unfinished)) {
            GenericRecord row;
            while ((row = reader.read()) != null) {
              writer.add(image(row));
            }
            writer.finish();
          }
        });
  }

  private static ImageRef image(GenericRecord row) {
    boolean hasSource = row.hasField("source") && row.get("source") != null;
    return new ImageRef(
        row.get(hasSource ? "source" : "uri").toString(),
        number(row, "position", 0),
        new Location(row.get("uri").toString()),
        (long) row.get("offset"),
        (long) row.get("length"),
        Packing.valueOf(row.get("packing").toString()),
        number(row, "unpacked_length", ImageRef.UNKNOWN),
        number(row, "crc32", ImageRef.UNKNOWN),
        new ImageEncoding(
            ImageEncoding.Kind.valueOf(row.get("kind").toString()),
            (int) row.get("height"),
            (int) row.get("width")),
        row.get("name").toString(),
        null);
  }

  private static long number(GenericRecord row, String field, long missing) {
    return row.hasField(field) ? (long) row.get(field) : missing;
  }
}
