/**
 * The files of a training run: its directory, checkpoints, metrics, and how files appear whole.
 *
 * <p>It knows neither the trainer nor the exported network, which both stand above it.
 */
package io.swavbeam.model.run;
