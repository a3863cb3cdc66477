package io.swavbeam.pipelines.input;

import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Location;
import java.io.Serializable;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * A file that the user named, directly or by a pattern.
 *
 * @param location of the file
 * @param name path below the folder that the user gave
 * @param length in bytes
 * @param version another one where the file was written again: its ETag in a bucket, else the time
 *     of its last change; empty where nobody knows
 */
@DefaultSchema(RecordSchema.class)
public record InputFile(Location location, String name, long length, String version)
    implements Serializable {}
