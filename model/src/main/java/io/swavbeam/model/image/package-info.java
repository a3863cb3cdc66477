/**
 * From the bytes of an image file to pixels {@code [height, width, 3] uint8}, as Pillow makes them.
 *
 * <p>Bytes are hostile until checked: lengths and pixels before memory is taken.
 */
package io.swavbeam.model.image;
