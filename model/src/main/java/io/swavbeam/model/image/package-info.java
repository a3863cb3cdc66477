/**
 * Decodes image files to pixels {@code [height, width, 3] uint8}, with the same values as Pillow.
 *
 * <p>Files are untrusted: lengths and sizes are checked before memory is allocated.
 */
package io.swavbeam.model.image;
