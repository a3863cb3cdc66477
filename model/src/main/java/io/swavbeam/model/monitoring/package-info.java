/**
 * Measurements of training steps, warnings if training diverges, and the output for TensorBoard.
 */
package io.swavbeam.model.monitoring;
