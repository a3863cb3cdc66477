/**
 * Parts of a network whose gradients and bits are those of PyTorch, on CPUs and GPUs.
 *
 * <p>For backbones.
 */
package io.swavbeam.model.layers;
