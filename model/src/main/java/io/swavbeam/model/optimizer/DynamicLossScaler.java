package io.swavbeam.model.optimizer;

import io.swavbeam.model.layers.Parameters;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * Dynamic loss scaling for float16 (Micikevicius et al. 2018, arXiv:1710.03740). Gradients are
 * computed of a multiple of the loss, so that small ones do not vanish. If a gradient overflows,
 * the step is skipped and the factor is halved. After {@value #GROWTH_INTERVAL} steps without
 * overflow, it is doubled.
 */
public final class DynamicLossScaler {
  private static final float FIRST = 32768;
  private static final float GROWTH_INTERVAL = 2000;

  private final Ops tf;
  private final Variable<TFloat32> scale;
  private final Variable<TFloat32> goodSteps;

  public DynamicLossScaler(Ops tf, Parameters parameters) {
    this.tf = tf;
    scale = parameters.untrained("loss_scale.scale", FIRST);
    goodSteps = parameters.untrained("loss_scale.good_steps", 0);
  }

  /** Returns the scaled loss, which is differentiated in place of the loss. */
  public Operand<TFloat32> scaled(Operand<TFloat32> loss) {
    return tf.math.mul(loss, tf.identity(scale));
  }

  /** Returns the gradient of the loss for a gradient of the scaled loss. */
  public Operand<TFloat32> unscaled(Operand<TFloat32> gradient) {
    return tf.math.div(gradient, tf.identity(scale));
  }

  /**
   * Returns the gradient if all gradients are finite. Otherwise, no op that depends on it is run.
   */
  public Operand<TFloat32> guarded(Operand<TFloat32> gradient, Operand<TBool> finite) {
    // The switch is always run. Ops with a control dependency need its output.
    return tf.identity(tf.switchCond(gradient, finite).outputTrue());
  }

  /** Returns an op that updates the factor after a step. */
  public Op update(Ops ordered, Operand<TBool> finite) {
    Operand<TFloat32> one = ordered.constant(1f);
    Operand<TFloat32> good =
        ordered.select(
            finite, ordered.math.add(ordered.identity(goodSteps), one), ordered.constant(0f));
    Operand<TBool> grows = ordered.math.greaterEqual(good, ordered.constant(GROWTH_INTERVAL));
    Operand<TFloat32> factor =
        ordered.select(
            finite, ordered.select(grows, ordered.constant(2f), one), ordered.constant(0.5f));
    Op scaled = ordered.assign(scale, ordered.math.mul(ordered.identity(scale), factor));
    Op counted = ordered.assign(goodSteps, ordered.select(grows, ordered.constant(0f), good));
    return ordered.withControlDependencies(List.of(scaled, counted)).noOp();
  }
}
