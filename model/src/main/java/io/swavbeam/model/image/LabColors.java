package io.swavbeam.model.image;

/**
 * The conversion of CIE L*a*b* of eight bits to sRGB, as Pillow does with LittleCMS. The formulas
 * of CIE 15 under D50 are evaluated at the 33 x 33 x 33 nodes of a table, with tetrahedral
 * interpolation between them. The table is needed to get the same results as LittleCMS for colours
 * outside sRGB.
 */
final class LabColors {
  private static final int NODES = 33;
  private static final int CHANNELS = Pixels.CHANNELS;
  private static final int MAX_BYTE = 255;
  private static final int CENTRE = 128;

  /**
   * The matrix from XYZ under D50 to linear red, green and blue: the inverse of sRGB's ICC profile.
   */
  private static final double[][] RGB = {
    {3.1340957, -1.6174004, -0.4906378},
    {-0.9787927, 1.9162949, 0.0334536},
    {0.0719711, -0.2289871, 1.4053802}
  };

  private static final double WHITE_X = 0.9642;
  private static final double WHITE_Z = 0.8249;
  private static final float[] TABLE = table();

  private LabColors() {}

  private static float[] table() {
    float[] table = new float[NODES * NODES * NODES * CHANNELS];
    int at = 0;
    for (int l = 0; l < NODES; l++) {
      for (int a = 0; a < NODES; a++) {
        for (int b = 0; b < NODES; b++) {
          double scale = 1.0 / (NODES - 1);
          double y = (100 * l * scale + 16) / 116;
          double x = y + (MAX_BYTE * a * scale - CENTRE) / 500;
          double z = y - (MAX_BYTE * b * scale - CENTRE) / 200;
          for (double[] row : RGB) {
            double linear =
                row[0] * WHITE_X * cubed(x) + row[1] * cubed(y) + row[2] * WHITE_Z * cubed(z);
            table[at++] = (float) (MAX_BYTE * encoded(Math.max(0, Math.min(1, linear))));
          }
        }
      }
    }
    return table;
  }

  private static double cubed(double t) {
    return t > 24.0 / 116 ? t * t * t : 108.0 / 841 * (t - 16.0 / 116);
  }

  /** Applies sRGB's transfer function (IEC 61966-2-1). */
  private static double encoded(double linear) {
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.pow(linear, 1 / 2.4) - 0.055;
  }

  /**
   * Converts a colour.
   *
   * @param lightness 0 to 255 for L* from 0 to 100
   * @param a a* in two's complement of a byte
   * @param b b* in two's complement of a byte
   * @return red, green and blue, packed as in Java's RGB integers
   */
  static int rgb(int lightness, int a, int b) {
    double[] place = {
      lightness * (NODES - 1.0) / MAX_BYTE,
      ((a + CENTRE) & MAX_BYTE) * (NODES - 1.0) / MAX_BYTE,
      ((b + CENTRE) & MAX_BYTE) * (NODES - 1.0) / MAX_BYTE
    };
    int[] steps = {NODES * NODES * CHANNELS, NODES * CHANNELS, CHANNELS};
    int node = 0;
    for (int axis = 0; axis < place.length; axis++) {
      int whole = Math.min(NODES - 2, (int) place[axis]);
      place[axis] -= whole;
      node += whole * steps[axis];
    }
    // Interpolates along the edges of the cell, beginning with the axis of the largest fraction.
    double[] colour = {TABLE[node], TABLE[node + 1], TABLE[node + 2]};
    for (int i = 0; i < place.length; i++) {
      int axis = 0;
      for (int other = 1; other < place.length; other++) {
        axis = place[other] > place[axis] ? other : axis;
      }
      int next = node + steps[axis];
      for (int channel = 0; channel < CHANNELS; channel++) {
        colour[channel] += place[axis] * (TABLE[next + channel] - TABLE[node + channel]);
      }
      node = next;
      place[axis] = -1; // excludes the axis from the next rounds
    }
    return (int) Math.round(colour[0]) << 16
        | (int) Math.round(colour[1]) << 8
        | (int) Math.round(colour[2]);
  }
}
