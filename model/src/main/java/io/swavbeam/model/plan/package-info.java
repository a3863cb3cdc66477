/**
 * The planning of training runs. {@link io.swavbeam.model.plan.RunPlanner} computes the
 * configuration of a run from the request of the user, the images, the hardware, and the run that
 * is already in the run directory. It runs in the process of the trainer.
 */
package io.swavbeam.model.plan;
