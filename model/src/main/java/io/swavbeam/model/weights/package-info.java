/**
 * Weights that others have saved: PyTorch's files and safetensors, read without running anything
 * that is in them, tensor by tensor, and without TensorFlow.
 *
 * <p>From a file ({@link io.swavbeam.model.weights.WeightFile}) to its tensors by name ({@link
 * io.swavbeam.model.weights.StoredTensor}), and from their names and shapes to a network of this
 * software ({@link io.swavbeam.model.weights.PretrainedNetwork}).
 */
package io.swavbeam.model.weights;
