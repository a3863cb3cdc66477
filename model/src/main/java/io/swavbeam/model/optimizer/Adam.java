package io.swavbeam.model.optimizer;

import io.swavbeam.model.config.OptimizerConfig;
import io.swavbeam.model.config.OptimizerConfig.Algorithm;
import io.swavbeam.model.layers.Parameters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/**
 * Adam (Kingma and Ba, arXiv:1412.6980) as PyTorch computes it: betas 0.9 and 0.999, epsilon 1e-8
 * added after the bias correction, and weight decay either added to the gradient or decoupled
 * (AdamW, arXiv:1711.05101).
 */
final class Adam implements Optimizer {
  static final float BETA1 = 0.9f;
  static final float BETA2 = 0.999f;

  private record Slots(Variable<TFloat32> average, Variable<TFloat32> averageOfSquares) {}

  private final OptimizerConfig config;
  private final Map<String, Variable<TFloat32>> variables;
  private final Map<String, Slots> slots = new LinkedHashMap<>();

  Adam(OptimizerConfig config, Parameters parameters) {
    this.config = config;
    this.variables = Map.copyOf(parameters.trainable());
    for (Map.Entry<String, Variable<TFloat32>> entry :
        List.copyOf(parameters.trainable().entrySet())) {
      long[] shape = entry.getValue().shape().asArray();
      slots.put(
          entry.getKey(),
          new Slots(
              parameters.untrained(entry.getKey() + ".exp_avg", 0, shape),
              parameters.untrained(entry.getKey() + ".exp_avg_sq", 0, shape)));
    }
  }

  @Override
  public Op update(Ops ordered, String name, Operand<TFloat32> gradient, StepScalars scalars) {
    Variable<TFloat32> variable = variables.get(name);
    Ops tf = ordered;
    Operand<TFloat32> used = gradient;
    if (config.weightDecay() > 0) {
      Operand<TFloat32> decay =
          tf.math.mul(tf.identity(variable), tf.constant((float) config.weightDecay()));
      if (config.algorithm() == Algorithm.ADAMW) {
        Op shrunk = tf.assignSub(variable, tf.math.mul(decay, scalars.learningRate()));
        tf = tf.withControlDependencies(List.of(shrunk));
      } else {
        used = tf.math.add(gradient, decay);
      }
    }
    Slots slot = slots.get(name);
    return tf.train.applyAdam(
        variable,
        slot.average(),
        slot.averageOfSquares(),
        scalars.beta1Power(),
        scalars.beta2Power(),
        scalars.learningRate(),
        tf.constant(BETA1),
        tf.constant(BETA2),
        scalars.epsilon(),
        used);
  }
}
