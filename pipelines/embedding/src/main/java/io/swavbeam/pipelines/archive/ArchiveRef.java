package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * Names a whole archive that has to be read from its beginning, such as a {@code .tar.gz}.
 *
 * @param source of the images in it
 * @param file that holds it
 * @param offset of its first byte in that file; of its local header where {@code packing} is a
 *     zip's
 * @param length in the file, in bytes
 * @param packing of those bytes
 * @param crc32 of the unpacked bytes, or {@link ImageRef#UNKNOWN}
 * @param name path inside the archive that holds it, or of the file below the folder that was given
 */
@DefaultSchema(RecordSchema.class)
public record ArchiveRef(
    String source,
    Location file,
    long offset,
    long length,
    Packing packing,
    long crc32,
    String name)
    implements StreamedRef {
  /** An archive is one entry. */
  @Override
  public long position() {
    return 0;
  }
}
