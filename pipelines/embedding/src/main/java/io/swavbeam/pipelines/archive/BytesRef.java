package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.schema.RecordSchema;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * A reference to an image whose bytes are in the same element of a pipeline, for example in a
 * message.
 *
 * @param source the source of the image; empty if it is unknown
 * @param length the number of bytes
 */
@DefaultSchema(RecordSchema.class)
public record BytesRef(String source, long position, long length, String name)
    implements InputRef {}
