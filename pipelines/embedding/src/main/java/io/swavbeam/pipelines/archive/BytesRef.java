package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.schema.RecordSchema;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * Names an image whose bytes come with it, in a message or another element of a pipeline.
 *
 * @param source of the image; empty if the pipeline says none
 * @param length in bytes
 */
@DefaultSchema(RecordSchema.class)
public record BytesRef(String source, long position, long length, String name)
    implements InputRef {}
