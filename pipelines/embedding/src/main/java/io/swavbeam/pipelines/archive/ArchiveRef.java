package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * A reference to a whole archive that can only be read from its beginning, such as a {@code
 * .tar.gz}.
 *
 * @param source the source of the images in it
 * @param file the file that contains the archive
 * @param offset the offset of its first byte in that file; of its local header if {@code packing}
 *     is one of zip
 * @param length the number of bytes in the file
 * @param packing the packing of these bytes
 * @param crc32 the CRC-32 of the unpacked bytes, or {@link ImageRef#UNKNOWN}
 * @param name the path inside the outer archive, or the path of the file below the input folder
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
  /** Returns 0, because an archive is one entry. */
  @Override
  public long position() {
    return 0;
  }
}
