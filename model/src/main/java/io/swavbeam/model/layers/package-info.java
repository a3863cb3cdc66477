/**
 * The layers of backbones: convolution, batch norm, pooling, ReLU. Results and gradients equal
 * PyTorch's, except for rounding, on CPUs and GPUs.
 */
package io.swavbeam.model.layers;
