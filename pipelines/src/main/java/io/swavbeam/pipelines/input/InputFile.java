package io.swavbeam.pipelines.input;

import io.swavbeam.pipelines.storage.Location;
import java.io.Serializable;
import org.apache.beam.sdk.coders.DefaultCoder;
import org.apache.beam.sdk.coders.SerializableCoder;

/**
 * A file that the user named, directly or by a pattern.
 *
 * @param location of the file
 * @param name path below the folder that the user gave
 * @param length in bytes
 */
@DefaultCoder(SerializableCoder.class)
public record InputFile(Location location, String name, long length) implements Serializable {}
