/** TensorFlow as this software uses it: sessions and their threads, devices, processors, GPUs. */
package io.swavbeam.model.tensorflow;
