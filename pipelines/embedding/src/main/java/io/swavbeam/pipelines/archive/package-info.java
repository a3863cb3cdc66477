/**
 * References to images in archives, and the sources of their labels.
 *
 * <p>Three packages make images from bytes. {@code format} has a class for each archive format.
 * {@code walk} lists the entries of a file, for all formats and for archives in archives. {@code
 * read} reads an image by its reference. These packages use nothing of Beam but schemas.
 */
package io.swavbeam.pipelines.archive;
