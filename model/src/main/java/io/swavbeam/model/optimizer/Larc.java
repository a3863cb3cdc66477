package io.swavbeam.model.optimizer;

import io.swavbeam.model.config.OptimizerConfig;
import io.swavbeam.model.layers.Parameters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * SGD with momentum inside LARC, the layer-wise rates of LARS (You et al. 2017, arXiv:1708.03888),
 * as SwAV's reference implementation trains: for every variable, weight decay included,
 *
 * <pre>
 * rate = trust |w| / (|g| + decay |w| + epsilon)        1 without decay where |w| or |g| is 0
 * m    = momentum m + rate (g + decay w)
 * w    = w - learning rate m
 * </pre>
 */
final class Larc implements Optimizer {
  private static final float TRUST = 0.001f;
  private static final float EPSILON = 1e-8f;
  private static final float MOMENTUM = 0.9f;

  private final float weightDecay;
  private final Map<String, Variable<TFloat32>> variables;
  private final Map<String, Variable<TFloat32>> momenta = new LinkedHashMap<>();

  Larc(OptimizerConfig config, Parameters parameters) {
    weightDecay = (float) config.weightDecay();
    variables = Map.copyOf(parameters.trainable());
    for (String name : List.copyOf(parameters.trainable().keySet())) {
      long[] shape = variables.get(name).shape().asArray();
      momenta.put(name, parameters.untrained(name + ".momentum_buffer", 0, shape));
    }
  }

  @Override
  public Op update(Ops tf, String name, Operand<TFloat32> gradient, StepScalars scalars) {
    Operand<TFloat32> weight = tf.identity(variables.get(name));
    Operand<TFloat32> weightNorm = GlobalNorm.of(tf, List.of(weight));
    Operand<TFloat32> gradientNorm = GlobalNorm.of(tf, List.of(gradient));
    Operand<TFloat32> zero = tf.constant(0f);
    Operand<TFloat32> decay = tf.constant(weightDecay);
    Operand<TBool> both =
        tf.math.logicalAnd(tf.math.greater(weightNorm, zero), tf.math.greater(gradientNorm, zero));
    Operand<TFloat32> rate =
        tf.math.div(
            tf.math.mul(tf.constant(TRUST), weightNorm),
            tf.math.add(
                tf.math.add(gradientNorm, tf.math.mul(decay, weightNorm)), tf.constant(EPSILON)));
    Operand<TFloat32> decayed =
        tf.math.add(gradient, tf.math.mul(weight, tf.select(both, decay, zero)));
    return tf.train.applyMomentum(
        variables.get(name),
        momenta.get(name),
        scalars.learningRate(),
        tf.math.mul(decayed, tf.select(both, rate, tf.constant(1f))),
        tf.constant(MOMENTUM));
  }
}
