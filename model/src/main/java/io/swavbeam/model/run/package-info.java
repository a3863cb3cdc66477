/**
 * The files of a training run: its directory, checkpoints and metrics, and how files are replaced
 * atomically.
 *
 * <p>It depends neither on the trainer nor on the exported network.
 */
package io.swavbeam.model.run;
