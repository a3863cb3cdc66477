/**
 * The plan of a training run: from what was asked, the images, the hardware and the run that is
 * already there to the configuration of the run. {@link io.swavbeam.model.plan.RunPlanner} decides,
 * in the process of the trainer.
 */
package io.swavbeam.model.plan;
