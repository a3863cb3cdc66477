/** The trainer: it holds a window of batch shards, and applies the steps of a run in order. */
package io.swavbeam.model.training;
