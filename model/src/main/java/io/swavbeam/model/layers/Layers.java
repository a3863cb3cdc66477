package io.swavbeam.model.layers;

import io.swavbeam.model.config.Precision;
import io.swavbeam.model.tensorflow.Processor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * A factory of the layers of one network, with their common settings: the devices, the type, and
 * the mode.
 *
 * <p>Activations of a backbone are lists with one operand for each replica. The batch is split over
 * the devices, and the result is that of the whole batch.
 *
 * @param <T> type of the activations; weights, statistics and everything after the backbone are
 *     float32
 */
public final class Layers<T extends TFloating> {
  private final Ops tf;
  private final List<Ops> replicas;
  private final Class<T> type;
  private final Mode mode;
  private final boolean onCpu;
  private final boolean usesAvx512Bfloat16;
  private final Parameters parameters;
  private final List<Convolution<T>> convolutions = new ArrayList<>();
  private final List<BatchNorm> norms = new ArrayList<>();

  /**
   * @param tf ops for the variables and for what is not split
   * @param replicas ops of each device that takes a part of the batch
   * @param type of the activations
   * @param mode of all passes
   * @param onCpu whether the replicas are on a CPU
   * @param parameters takes the layers' variables
   */
  public Layers(
      Ops tf, List<Ops> replicas, Class<T> type, Mode mode, boolean onCpu, Parameters parameters) {
    this.tf = tf;
    this.replicas = List.copyOf(replicas);
    this.type = type;
    this.mode = mode;
    this.onCpu = onCpu;
    usesAvx512Bfloat16 = onCpu && Processor.ofThisMachine().usesAvx512Bfloat16();
    this.parameters = parameters;
  }

  /** Returns layers on one device for inference. */
  public static <T extends TFloating> Layers<T> forInference(
      Ops tf, Class<T> type, Parameters parameters) {
    return new Layers<>(tf, List.of(tf), type, Mode.INFERENCE, true, parameters);
  }

  /** Returns the type of the activations. */
  public static Class<? extends TFloating> type(Precision precision) {
    return switch (precision) {
      case FLOAT32 -> TFloat32.class;
      case BFLOAT16 -> TBfloat16.class;
      case FLOAT16 -> TFloat16.class;
    };
  }

  /**
   * Creates a convolution without bias, and its batch norm. Initial weights are those of He et al.
   * (arXiv:1502.01852) by the number of outputs: normal with variance 2 / (kernel^2 out).
   *
   * @param name the name of the convolution
   * @param normName the name of the batch norm
   */
  public Convolution<T> convolution(
      String name, String normName, long in, long out, int kernel, int stride) {
    double deviation = Math.sqrt(2.0 / ((double) kernel * kernel * out));
    Variable<TFloat32> weight =
        parameters.normal(name + ".weight", deviation, kernel, kernel, in, out);
    return added(new Convolution<>(this, name, weight, null, norm(normName, out), stride));
  }

  /**
   * Creates a convolution with bias, and its batch norm. Initial weights are PyTorch's: uniform
   * within 1 / sqrt(fan in).
   *
   * @param name the name of the convolution
   * @param normName the name of the batch norm
   */
  public Convolution<T> convolutionWithBias(
      String name, String normName, long in, long out, int kernel, int stride) {
    double bound = 1 / Math.sqrt((double) in * kernel * kernel);
    Variable<TFloat32> weight =
        parameters.uniform(name + ".weight", bound, kernel, kernel, in, out);
    Variable<TFloat32> bias = parameters.uniform(name + ".bias", bound, out);
    return added(new Convolution<>(this, name, weight, bias, norm(normName, out), stride));
  }

  private Convolution<T> added(Convolution<T> convolution) {
    convolutions.add(convolution);
    return convolution;
  }

  /** Creates a batch norm. */
  public BatchNorm norm(String name, long channels) {
    BatchNorm norm = new BatchNorm(tf, mode, onCpu, parameters, name, channels);
    norms.add(norm);
    return norm;
  }

  /** Creates a linear layer, which is not split over replicas. */
  public Linear linear(String name, long in, long out) {
    return new Linear(tf, parameters, name, in, out);
  }

  /** Returns the ReLU of the sum of two activations of the same shape. */
  public List<Operand<T>> reluOfSum(List<Operand<T>> xs, List<Operand<T>> ys) {
    List<Operand<T>> sums = new ArrayList<>();
    for (int i = 0; i < xs.size(); i++) {
      Ops replica = replicas.get(i);
      sums.add(
          mode == Mode.TRAINING
              ? Relu.ofSum(replica, xs.get(i), ys.get(i))
              : replica.nn.relu(replica.math.add(xs.get(i), ys.get(i))));
    }
    return sums;
  }

  /** Returns the maximum of each 3x3 window at stride 2, padded by one pixel. */
  public List<Operand<T>> maxPool(List<Operand<T>> xs) {
    return map(xs, MaxPool::of);
  }

  /** Returns the mean over all pixels, {@code [batch, channels] float32} for each replica. */
  public List<Operand<TFloat32>> globalMean(List<Operand<T>> xs) {
    List<Operand<TFloat32>> means = new ArrayList<>();
    for (int i = 0; i < xs.size(); i++) {
      Ops replica = replicas.get(i);
      means.add(replica.math.mean(wide(replica, xs.get(i)), replica.constant(new int[] {1, 2})));
    }
    return means;
  }

  List<Operand<T>> map(
      List<Operand<T>> xs, BiFunction<Ops, ? super Operand<T>, ? extends Operand<T>> function) {
    List<Operand<T>> ys = new ArrayList<>();
    for (int i = 0; i < xs.size(); i++) {
      ys.add(function.apply(replicas.get(i), xs.get(i)));
    }
    return ys;
  }

  /** Casts to the type of the activations. */
  @SuppressWarnings("unchecked") // T is float32 where nothing is cast
  public Operand<T> cast(Ops replica, Operand<TFloat32> x) {
    return type == TFloat32.class ? (Operand<T>) x : replica.dtypes.cast(x, type);
  }

  @SuppressWarnings("unchecked") // T is float32 where nothing is cast
  Operand<TFloat32> wide(Ops replica, Operand<T> x) {
    return type == TFloat32.class ? (Operand<TFloat32>) x : replica.dtypes.cast(x, TFloat32.class);
  }

  /**
   * Differentiates the loss by all trained weights.
   *
   * @param loss a scalar that was computed by these layers in training
   * @return the gradient of each weight by its name, in the order of creation
   */
  public Map<String, Operand<TFloat32>> gradients(Graph graph, Operand<TFloat32> loss) {
    Map<String, Operand<TFloat32>> byHand = new LinkedHashMap<>();
    List<Output<?>> by = new ArrayList<>();
    for (Convolution<T> convolution : convolutions) {
      by.addAll(convolution.outputs());
      byHand.put(convolution.weightName(), null);
      if (convolution.biasName() != null) {
        byHand.put(convolution.biasName(), convolution.biasGradient());
      }
    }
    List<String> automatic =
        parameters.trainable().keySet().stream().filter(name -> !byHand.containsKey(name)).toList();
    automatic.forEach(name -> by.add(parameters.trainable().get(name).asOutput()));
    List<Output<?>> found =
        List.of(graph.addGradients(loss.asOutput(), by.toArray(Output<?>[]::new)));

    int next = 0;
    for (Convolution<T> convolution : convolutions) {
      List<Operand<T>> ofOutputs = new ArrayList<>();
      for (int i = convolution.outputs().size(); i > 0; i--) {
        @SuppressWarnings("unchecked") // the gradient has the type of the differentiated tensor
        Operand<T> gradient = (Output<T>) found.get(next++);
        ofOutputs.add(gradient);
      }
      byHand.put(convolution.weightName(), convolution.gradient(ofOutputs));
    }
    Map<String, Operand<TFloat32>> gradients = new LinkedHashMap<>();
    for (String name : parameters.trainable().keySet()) {
      if (byHand.containsKey(name)) {
        gradients.put(name, byHand.get(name));
      } else {
        @SuppressWarnings("unchecked") // the gradient has the type of the differentiated tensor
        Operand<TFloat32> gradient = (Output<TFloat32>) found.get(next++);
        gradients.put(name, gradient);
      }
    }
    return gradients;
  }

  /**
   * Returns ops that update all running statistics by the training passes so far.
   *
   * @param overParts returns the mean of a statistic over micro-batches
   */
  public List<Op> statisticsUpdates(Ops ordered, UnaryOperator<Operand<TFloat32>> overParts) {
    return norms.stream().flatMap(norm -> norm.updates(ordered, overParts).stream()).toList();
  }

  /** Returns the ops for variables and for ops that are not split. */
  public Ops tf() {
    return tf;
  }

  /** Returns the ops of each replica. */
  public List<Ops> replicas() {
    return replicas;
  }

  /** Returns the variables of the network. */
  public Parameters parameters() {
    return parameters;
  }

  Class<T> type() {
    return type;
  }

  Mode mode() {
    return mode;
  }

  boolean onCpu() {
    return onCpu;
  }

  boolean usesAvx512Bfloat16() {
    return usesAvx512Bfloat16;
  }
}
