/**
 * From pixels to crops: where an image is cut, resized, flipped, coloured and blurred.
 *
 * <p>All of it is a function of the image and of (seed, position, crop number), so that a crop that
 * is made again is the same.
 */
package io.swavbeam.model.crops;
