package io.swavbeam.model.optimizer;

import io.swavbeam.model.config.OptimizerConfig;
import io.swavbeam.model.layers.Parameters;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Moves variables by their gradients. Its own state is variables too, and part of a checkpoint. */
public interface Optimizer {
  /**
   * An op that updates one variable.
   *
   * @param ordered ops that wait for all gradients
   * @param name of the variable
   * @param scalars of the variables that are updated together with this one
   */
  Op update(Ops ordered, String name, Operand<TFloat32> gradient, StepScalars scalars);

  /** Creates the optimiser of a configuration, with state for all variables that are trained. */
  static Optimizer create(OptimizerConfig config, Parameters parameters) {
    return switch (config.algorithm()) {
      case ADAM, ADAMW -> new Adam(config, parameters);
      case LARC -> new Larc(config, parameters);
    };
  }
}
