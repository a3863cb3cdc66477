/**
 * Images of archives: references to them, and where their labels stand.
 *
 * <p>Bytes become images in three packages. {@code format} has a class for each format of archives.
 * {@code walk} tells the entries of a file, over all formats and archives in archives. {@code read}
 * reads an image again by its reference. No package of Beam is imported but for schemas.
 */
package io.swavbeam.pipelines.archive;
