package io.swavbeam.model.parity;

/** Converts weights from PyTorch's layout to TensorFlow's. */
public final class TorchLayout {
  private TorchLayout() {}

  /**
   * Converts OIHW to HWIO for convolutions, and [out, in] to [in, out] for the linear layers of the
   * head. Other weights are unchanged.
   *
   * @param name the name of the variable
   */
  public static float[] ours(String name, Safetensors.Array array) {
    float[] from = array.floats();
    long[] shape = array.shape();
    boolean linear = shape.length == 2 && name.startsWith("projection_head");
    if (shape.length != 4 && !linear) {
      return from;
    }
    int out = (int) shape[0];
    int in = (int) shape[1];
    int area = from.length / (out * in);
    float[] to = new float[from.length];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        for (int p = 0; p < area; p++) {
          to[(p * in + i) * out + o] = from[(o * in + i) * area + p];
        }
      }
    }
    return to;
  }
}
