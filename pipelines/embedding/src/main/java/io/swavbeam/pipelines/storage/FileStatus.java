package io.swavbeam.pipelines.storage;

import org.apache.beam.sdk.annotations.Internal;

/**
 * A file that was looked at.
 *
 * @param length in bytes
 * @param version another one where the file was written again: its ETag in a bucket, else the time
 *     of its last change
 * @param changed time of its last change, in milliseconds since 1970; 0 if it is not known
 */
@Internal
public record FileStatus(Location location, long length, String version, long changed) {}
