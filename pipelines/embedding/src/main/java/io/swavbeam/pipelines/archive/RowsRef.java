package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * Names rows of a Parquet file that lie together, with an image in each.
 *
 * @param source of the images
 * @param position of the first row in the Parquet file
 * @param file that holds the Parquet file, or is it
 * @param begin of the Parquet file in that file
 * @param size of the Parquet file, in bytes
 * @param offset of the first byte of the rows in {@code file}
 * @param length of the rows, in bytes; {@link Long#MAX_VALUE} for all rows
 * @param name of the Parquet file
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
