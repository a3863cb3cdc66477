/**
 * Backbones: from images {@code [batch, height, width, 3]} to features {@code [batch, featureDim]}.
 *
 * <p>A new backbone is one class with a {@link io.swavbeam.model.backbone.BackboneProvider}.
 */
package io.swavbeam.model.backbone;
