package io.swavbeam.model.crops;

import io.swavbeam.model.crops.CropParameters.Jitter;
import io.swavbeam.model.tensorflow.Sessions;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.op.math.Mean;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TUint8;

/**
 * The same augmentation as {@link ColorAugmentation}, as a TensorFlow graph of floats. It is
 * written independently, for a batch of crops of equal size.
 *
 * <p>The three blends differ only in their factors, so one formula serves all three: {@code x f +
 * mean(grey) a + grey b}. For each of the four possible positions of the hue, only the crops with
 * that position are gathered.
 */
final class FloatGraph implements AutoCloseable {
  private static final int BLENDS = 3;
  private static final int FACTORS = 3;
  private static final int PLACES = BLENDS + 1;
  private static final int BLUR_RADIUS = (int) (3 * CropParameters.MAX_SIGMA);
  private static final int BLUR_TAPS = 2 * BLUR_RADIUS + 1;
  private static final float MAX_BYTE = 255;

  private final Graph graph = new Graph();
  private final Session session;
  private final Placeholder<TUint8> input;
  private final Placeholder<TBool> flip;
  private final Placeholder<TFloat32> blends;
  private final List<Placeholder<TInt32>> hueCrops = new ArrayList<>();
  private final List<Placeholder<TFloat32>> hueTurns = new ArrayList<>();
  private final Placeholder<TBool> grey;
  private final Placeholder<TInt32> blurCrops;
  private final Placeholder<TFloat32> blurKernels;
  private final Operand<TUint8> sharp;
  private final Operand<TUint8> blurred;

  FloatGraph() {
    Ops tf = Ops.create(graph);
    input = tf.placeholder(TUint8.class);
    flip = tf.placeholder(TBool.class);
    blends = tf.placeholder(TFloat32.class);
    grey = tf.placeholder(TBool.class);
    blurCrops = tf.placeholder(TInt32.class);
    blurKernels = tf.placeholder(TFloat32.class);

    Operand<TUint8> flipped = tf.select(flip, tf.reverse(input, tf.constant(new int[] {2})), input);
    Operand<TFloat32> x =
        tf.math.div(tf.dtypes.cast(flipped, TFloat32.class), tf.constant(MAX_BYTE));
    for (int place = 0; place < PLACES; place++) {
      x = turnHue(tf, x);
      if (place < BLENDS) {
        x = blend(tf, x, place);
      }
    }
    x = tf.select(grey, greyOf(tf, x), x);
    sharp = toBytes(tf, x);
    blurred = toBytes(tf, blur(tf, x));
    session = Sessions.openSmall(graph);
  }

  private Operand<TFloat32> turnHue(Ops tf, Operand<TFloat32> x) {
    Placeholder<TInt32> crops = tf.placeholder(TInt32.class);
    Placeholder<TFloat32> turns = tf.placeholder(TFloat32.class);
    hueCrops.add(crops);
    hueTurns.add(turns);
    Operand<TFloat32> hsv = tf.image.rgbToHsv(tf.gather(x, crops, tf.constant(0)));
    Operand<TFloat32> hue =
        tf.math.add(
            tf.slice(
                hsv, tf.constant(new int[] {0, 0, 0, 0}), tf.constant(new int[] {-1, -1, -1, 1})),
            turns);
    Operand<TFloat32> rest =
        tf.slice(hsv, tf.constant(new int[] {0, 0, 0, 1}), tf.constant(new int[] {-1, -1, -1, 2}));
    Operand<TFloat32> rotated =
        tf.concat(List.of(tf.math.sub(hue, tf.math.floor(hue)), rest), tf.constant(3));
    return scatter(tf, x, crops, tf.image.hsvToRgb(rotated));
  }

  private Operand<TFloat32> blend(Ops tf, Operand<TFloat32> x, int place) {
    Operand<TFloat32> greyed = greyOf(tf, x);
    Operand<TFloat32> mean =
        tf.math.mean(greyed, tf.constant(new int[] {1, 2, 3}), Mean.keepDims(true));
    Operand<TFloat32> sum =
        tf.math.add(
            tf.math.mul(x, factor(tf, place, 0)),
            tf.math.add(
                tf.math.mul(mean, factor(tf, place, 1)),
                tf.math.mul(greyed, factor(tf, place, 2))));
    return tf.clipByValue(sum, tf.constant(0f), tf.constant(1f));
  }

  /** Returns a column of the blends, {@code [crops, 1, 1, 1]}. */
  private Operand<TFloat32> factor(Ops tf, int place, int factor) {
    Operand<TFloat32> row =
        tf.slice(
            blends,
            tf.constant(new int[] {place * FACTORS + factor, 0}),
            tf.constant(new int[] {1, -1}));
    return tf.reshape(row, tf.constant(new int[] {-1, 1, 1, 1}));
  }

  /** Returns the luma of ITU-R 601, {@code [crops, size, size, 1]}. */
  private static Operand<TFloat32> greyOf(Ops tf, Operand<TFloat32> x) {
    return tf.reduceSum(
        tf.math.mul(x, tf.constant(new float[] {0.2989f, 0.587f, 0.114f})),
        tf.constant(3),
        ReduceSum.keepDims(true));
  }

  /**
   * Returns blurred crops. Each channel of each crop is a channel of one wide image, with a kernel
   * of its own.
   */
  private Operand<TFloat32> blur(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> chosen = tf.gather(x, blurCrops, tf.constant(0));
    Operand<TFloat32> padded =
        tf.mirrorPad(
            chosen,
            tf.constant(
                new int[][] {
                  {0, 0}, {BLUR_RADIUS, BLUR_RADIUS}, {BLUR_RADIUS, BLUR_RADIUS}, {0, 0}
                }),
            "REFLECT");
    Operand<TFloat32> channelsLast =
        tf.linalg.transpose(padded, tf.constant(new int[] {1, 2, 0, 3}));
    Operand<TInt32> shape = tf.shape(channelsLast);
    Operand<TInt32> height =
        tf.slice(shape, tf.constant(new int[] {0}), tf.constant(new int[] {1}));
    Operand<TInt32> crops = tf.slice(shape, tf.constant(new int[] {2}), tf.constant(new int[] {1}));
    Operand<TInt32> one = tf.constant(new int[] {1});
    Operand<TInt32> rest = tf.constant(new int[] {-1});
    Operand<TFloat32> wide =
        tf.reshape(channelsLast, tf.concat(List.of(one, height, height, rest), tf.constant(0)));
    List<Long> strides = List.of(1L, 1L, 1L, 1L);
    Operand<TFloat32> down =
        tf.nn.depthwiseConv2dNative(
            wide,
            tf.reshape(blurKernels, tf.constant(new int[] {BLUR_TAPS, 1, -1, 1})),
            strides,
            "VALID");
    Operand<TFloat32> across =
        tf.nn.depthwiseConv2dNative(
            down,
            tf.reshape(blurKernels, tf.constant(new int[] {1, BLUR_TAPS, -1, 1})),
            strides,
            "VALID");
    Operand<TInt32> size = tf.math.sub(height, tf.constant(new int[] {2 * BLUR_RADIUS}));
    Operand<TFloat32> apart =
        tf.reshape(
            across,
            tf.concat(List.of(size, size, crops, tf.constant(new int[] {3})), tf.constant(0)));
    Operand<TFloat32> result = tf.linalg.transpose(apart, tf.constant(new int[] {2, 0, 1, 3}));
    return scatter(tf, x, blurCrops, result);
  }

  private static Operand<TFloat32> scatter(
      Ops tf, Operand<TFloat32> all, Operand<TInt32> crops, Operand<TFloat32> changed) {
    return tf.tensorScatterNdUpdate(all, tf.expandDims(crops, tf.constant(1)), changed);
  }

  private static Operand<TUint8> toBytes(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> rounded =
        tf.math.add(tf.math.mul(x, tf.constant(MAX_BYTE)), tf.constant(0.5f));
    return tf.dtypes.cast(
        tf.clipByValue(rounded, tf.constant(0f), tf.constant(MAX_BYTE)), TUint8.class);
  }

  /**
   * Augments a batch of crops.
   *
   * @param crops {@code [crops, size, size, 3] uint8}
   * @param parameters the parameters of each crop
   * @return the same shape, to be closed by the caller
   */
  TUint8 apply(TUint8 crops, List<CropParameters> parameters) {
    int count = parameters.size();
    boolean[] flips = new boolean[count];
    boolean[] greys = new boolean[count];
    float[] factors = new float[BLENDS * FACTORS * count];
    List<List<Integer>> hues = new ArrayList<>();
    for (int place = 0; place < PLACES; place++) {
      hues.add(new ArrayList<>());
    }
    List<Integer> blurs = new ArrayList<>();
    for (int crop = 0; crop < count; crop++) {
      CropParameters p = parameters.get(crop);
      flips[crop] = p.flip();
      greys[crop] = p.grey();
      if (p.blurSigma() > 0) {
        blurs.add(crop);
      }
      int place = 0;
      for (int kind : p.jitter().order()) {
        if (kind != Jitter.HUE) {
          double factor = p.jitter().factors()[kind];
          int at = place * FACTORS * count + crop;
          factors[at] = (float) factor;
          factors[at + count] = kind == Jitter.CONTRAST ? (float) (1 - factor) : 0;
          factors[at + 2 * count] = kind == Jitter.SATURATION ? (float) (1 - factor) : 0;
          place++;
        } else if (p.jitter().hue() != 0) {
          hues.get(place).add(crop);
        }
      }
    }
    List<Tensor> fed = new ArrayList<>();
    try {
      Session.Runner runner = session.runner().feed(input, crops);
      feed(runner, fed, flip, mask(flips));
      feed(runner, fed, grey, mask(greys));
      feed(
          runner,
          fed,
          blends,
          TFloat32.tensorOf(Shape.of(BLENDS * FACTORS, count), DataBuffers.of(factors)));
      for (int place = 0; place < PLACES; place++) {
        List<Integer> whose = hues.get(place);
        float[] turns = new float[whose.size()];
        for (int i = 0; i < turns.length; i++) {
          turns[i] = (float) parameters.get(whose.get(i)).jitter().hue();
        }
        feed(runner, fed, hueCrops.get(place), indices(whose));
        feed(
            runner,
            fed,
            hueTurns.get(place),
            TFloat32.tensorOf(Shape.of(turns.length, 1, 1, 1), DataBuffers.of(turns)));
      }
      if (!blurs.isEmpty()) {
        feed(runner, fed, blurCrops, indices(blurs));
        feed(runner, fed, blurKernels, kernels(parameters, blurs));
      }
      // The result's only tensor becomes the caller's, so the result is not closed.
      Result result = runner.fetch(blurs.isEmpty() ? sharp : blurred).run();
      return (TUint8) result.get(0);
    } finally {
      fed.forEach(Tensor::close);
    }
  }

  private static void feed(
      Session.Runner runner, List<Tensor> fed, Placeholder<?> placeholder, Tensor value) {
    fed.add(value);
    runner.feed(placeholder, value);
  }

  private static TBool mask(boolean[] values) {
    return TBool.tensorOf(Shape.of(values.length, 1, 1, 1), DataBuffers.of(values));
  }

  private static TInt32 indices(List<Integer> values) {
    int[] array = values.stream().mapToInt(Integer::intValue).toArray();
    return TInt32.tensorOf(Shape.of(array.length), DataBuffers.of(array));
  }

  /**
   * Returns the Gaussian kernel of each crop three times, for its three channels: {@code [taps,
   * crops x 3]}.
   */
  private static TFloat32 kernels(List<CropParameters> parameters, List<Integer> crops) {
    int channels = crops.size() * 3;
    float[] kernels = new float[BLUR_TAPS * channels];
    for (int i = 0; i < crops.size(); i++) {
      double sigma = parameters.get(crops.get(i)).blurSigma();
      double[] weights = new double[BLUR_TAPS];
      double sum = 0;
      for (int tap = 0; tap < BLUR_TAPS; tap++) {
        double distance = (tap - BLUR_RADIUS) / sigma;
        weights[tap] = StrictMath.exp(-distance * distance / 2);
        sum += weights[tap];
      }
      for (int tap = 0; tap < BLUR_TAPS; tap++) {
        for (int channel = 0; channel < 3; channel++) {
          kernels[tap * channels + 3 * i + channel] = (float) (weights[tap] / sum);
        }
      }
    }
    return TFloat32.tensorOf(Shape.of(BLUR_TAPS, channels), DataBuffers.of(kernels));
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
