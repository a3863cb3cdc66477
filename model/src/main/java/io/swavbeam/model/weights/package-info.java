/**
 * Weights of other software: PyTorch's files and safetensors. They are read tensor by tensor,
 * without TensorFlow and without running any code in them.
 *
 * <p>A {@link io.swavbeam.model.weights.WeightFile} has tensors by name ({@link
 * io.swavbeam.model.weights.StoredTensor}). Their names and shapes determine a network of this
 * software ({@link io.swavbeam.model.weights.PretrainedNetwork}).
 */
package io.swavbeam.model.weights;
