/**
 * The training graph, with its session, and the schedule that says what each step is fed.
 *
 * <p>For the trainer; not meant for others.
 */
package io.swavbeam.model.graph;
