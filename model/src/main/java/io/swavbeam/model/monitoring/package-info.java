/** What is measured of a step, warnings where training goes wrong, and TensorBoard. */
package io.swavbeam.model.monitoring;
