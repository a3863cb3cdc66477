/** Models as files for other software: safetensors with PyTorch's names, and ONNX. */
package io.swavbeam.model.export;
