package io.swavbeam.model.optimizer;

import io.swavbeam.model.config.OptimizerConfig;
import io.swavbeam.model.layers.Parameters;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * An algorithm that updates variables by their gradients. Its state is in variables, too, and in
 * checkpoints.
 */
public interface Optimizer {
  /**
   * Returns an op that updates one variable.
   *
   * @param ordered creates ops that run after all gradients are computed
   * @param name name of the variable
   * @param scalars the per-step scalars of the variable's group
   */
  Op update(Ops ordered, String name, Operand<TFloat32> gradient, StepScalars scalars);

  /** Creates the optimiser of a configuration, with state for all trained variables. */
  static Optimizer create(OptimizerConfig config, Parameters parameters) {
    return switch (config.algorithm()) {
      case ADAM, ADAMW -> new Adam(config, parameters);
      case LARC -> new Larc(config, parameters);
    };
  }
}
