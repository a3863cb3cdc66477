/**
 * The training graph with its session, and the schedule of the values to feed in each step.
 *
 * <p>Only the trainer uses this package.
 */
package io.swavbeam.model.graph;
