package io.swavbeam.model.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.layers.Parameters;
import io.swavbeam.model.tensorflow.Sessions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/** The factor after good steps and overflows, and the effect of skipped steps. */
class DynamicLossScalerTest {
  private static final int GROWTH_INTERVAL = 2000;

  private Graph graph;
  private Session session;
  private Placeholder<TBool> finite;
  private Operand<TFloat32> scaledOne;
  private Operand<TFloat32> unscaled;
  private Variable<TFloat32> weight;
  private Op update;
  private Op step;

  @BeforeEach
  void build() {
    graph = new Graph();
    Ops tf = Ops.create(graph);
    Parameters parameters = new Parameters(tf, 1);
    DynamicLossScaler scaler = new DynamicLossScaler(tf, parameters);
    finite = tf.placeholder(TBool.class, Placeholder.shape(Shape.scalar()));
    scaledOne = scaler.scaled(tf.constant(1f));
    unscaled = scaler.unscaled(scaledOne);
    update = scaler.update(tf, finite);
    weight = tf.variable(Shape.scalar(), TFloat32.class);
    Op zero = tf.assign(weight, tf.constant(0f));
    step = tf.assignAdd(weight, scaler.guarded(tf.constant(1f), finite));
    session = Sessions.open(graph);
    parameters.initializers().forEach(op -> session.run(op));
    session.run(zero);
  }

  @AfterEach
  void close() {
    session.close();
    graph.close();
  }

  private float value(Operand<TFloat32> operand) {
    try (Result result = session.runner().fetch(operand).run()) {
      return ((TFloat32) result.get(0)).getFloat();
    }
  }

  private void run(Op op, boolean isFinite) {
    try (TBool fed = TBool.scalarOf(isFinite);
        Result none = session.runner().feed(finite, fed).addTarget(op.op()).run()) {
      assertThat(none.size()).isZero();
    }
  }

  @Test
  void halvesAtAnOverflowAndDoublesAfterManyGoodSteps() {
    assertThat(value(scaledOne)).isEqualTo(32768);
    run(update, false);
    assertThat(value(scaledOne)).isEqualTo(16384);
    for (int i = 0; i < GROWTH_INTERVAL - 1; i++) {
      run(update, true);
    }
    assertThat(value(scaledOne)).isEqualTo(16384);
    run(update, true);
    assertThat(value(scaledOne)).isEqualTo(32768);
    // An overflow restarts the count.
    run(update, true);
    run(update, false);
    for (int i = 0; i < GROWTH_INTERVAL - 1; i++) {
      run(update, true);
    }
    assertThat(value(scaledOne)).isEqualTo(16384);
    assertThat(value(unscaled)).isEqualTo(1);
  }

  @Test
  void leavesOutAStepThatOverflows() {
    run(step, true);
    run(step, false);
    run(step, true);
    assertThat(value(weight)).isEqualTo(2);
  }
}
