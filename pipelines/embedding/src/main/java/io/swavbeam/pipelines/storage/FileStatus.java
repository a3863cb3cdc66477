package io.swavbeam.pipelines.storage;

import org.apache.beam.sdk.annotations.Internal;

/**
 * The status of a file.
 *
 * @param length the number of bytes
 * @param version a text that changes when the file is written again: its ETag in a bucket, else the
 *     time of its last change
 * @param changed the time of its last change in milliseconds since 1970; 0 if it is unknown
 */
@Internal
public record FileStatus(Location location, long length, String version, long changed) {}
