/** The images of a training run in a fixed order, and in which order a step shows them. */
package io.swavbeam.pipelines.manifest;
