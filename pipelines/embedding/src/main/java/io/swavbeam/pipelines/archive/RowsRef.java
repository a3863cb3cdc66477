package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * A reference to consecutive rows of a Parquet file, with one image per row.
 *
 * @param source the source of the images
 * @param position the index of the first row in the Parquet file
 * @param file the file that contains the Parquet file, or is the Parquet file
 * @param begin the offset of the Parquet file in that file
 * @param size the number of bytes of the Parquet file
 * @param offset the offset of the first byte of the rows in {@code file}
 * @param length the number of bytes of the rows; {@link Long#MAX_VALUE} for all rows
 * @param name the name of the Parquet file
 */
@DefaultSchema(RecordSchema.class)
public record RowsRef(
    String source,
    long position,
    Location file,
    long begin,
    long size,
    long offset,
    long length,
    String name)
    implements StreamedRef {}
