/**
 * The trainer: it holds a window of batch shards and applies the steps of a run in order, in a
 * thread of its own.
 */
package io.swavbeam.model.training;
