/**
 * Computes crops from pixels: random boxes, scaling, flips, colour augmentation and blur.
 *
 * <p>A crop is a function of the image and of (seed, position, crop number). Computing it again
 * gives the same crop.
 */
package io.swavbeam.model.crops;
