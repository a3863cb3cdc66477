package io.swavbeam.model.layers;

import io.swavbeam.model.tensorflow.TensorNames;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/**
 * The variables of one graph, by name, with the ops that set their initial values.
 *
 * <p>Names are those of the reference implementation ({@code backbone.0.weight}). The variables are
 * reference variables, because TensorFlow's saver covers them. Two rules apply to the whole graph.
 * Variables are read through {@code identity}, because differentiating an op that reads one
 * directly can end the process. Updates wait for all gradients, because an early update could
 * change a weight that backpropagation has not read yet.
 */
public final class Parameters {
  private final Ops tf;
  private final long seed;
  private final boolean reused;
  private final Map<String, Variable<TFloat32>> trainable;
  private final Map<String, Variable<TFloat32>> all;
  private final List<Op> initializers;
  // The initial value of each variable, by its name.
  private final Map<String, Operand<TFloat32>> firstValues;

  /**
   * @param tf ops of the graph that holds the variables
   * @param seed of the random first values; equal seeds give equal values on every machine
   */
  public Parameters(Ops tf, long seed) {
    this.tf = tf;
    this.seed = seed;
    reused = false;
    trainable = new LinkedHashMap<>();
    all = new LinkedHashMap<>();
    initializers = new ArrayList<>();
    firstValues = new HashMap<>();
  }

  private Parameters(Parameters others) {
    tf = others.tf;
    seed = others.seed;
    reused = true;
    trainable = others.trainable;
    all = others.all;
    initializers = others.initializers;
    firstValues = others.firstValues;
  }

  /** Returns parameters for another network of the same kind that shares these variables. */
  public Parameters reuse() {
    return new Parameters(this);
  }

  /** Creates a trained weight with initial values that are uniform in [-bound, bound). */
  Variable<TFloat32> uniform(String name, double bound, long... shape) {
    return trained(
        name, tf.math.mul(centredUniform(shape), tf.constant((float) (2 * bound))), shape);
  }

  /** Creates a trained weight with normal initial values of mean 0. */
  Variable<TFloat32> normal(String name, double deviation, long... shape) {
    Operand<TFloat32> random =
        tf.random.statelessRandomNormal(tf.constant(shape), tf.constant(key()), TFloat32.class);
    return trained(name, tf.math.mul(random, tf.constant((float) deviation)), shape);
  }

  /**
   * Returns random numbers in [-0.5, 0.5) for the next variable. They depend on the seed and the
   * number of earlier variables.
   */
  public Operand<TFloat32> centredUniform(long... shape) {
    Operand<TFloat32> random =
        tf.random.statelessRandomUniform(tf.constant(shape), tf.constant(key()), TFloat32.class);
    return tf.math.sub(random, tf.constant(0.5f));
  }

  private long[] key() {
    return new long[] {seed, all.size()};
  }

  /**
   * Creates a trained weight.
   *
   * @param first the initial value, of the given shape
   */
  public Variable<TFloat32> trained(String name, Operand<TFloat32> first, long... shape) {
    Variable<TFloat32> variable = variable(name, first, shape);
    trainable.put(name, variable);
    return variable;
  }

  /**
   * Creates a variable without a gradient, such as a statistic or an optimiser state.
   *
   * @param value the initial value of all elements
   */
  public Variable<TFloat32> untrained(String name, float value, long... shape) {
    return variable(name, constant(value, shape), shape);
  }

  /** Returns a tensor filled with a value. */
  Operand<TFloat32> constant(float value, long... shape) {
    return tf.fill(tf.constant(shape), tf.constant(value));
  }

  private Variable<TFloat32> variable(String name, Operand<TFloat32> first, long... shape) {
    if (reused) {
      return existing(name, shape);
    }
    Variable<TFloat32> variable = tf.withName(name).variable(Shape.of(shape), TFloat32.class);
    if (all.put(name, variable) != null) {
      throw new IllegalArgumentException("there are two variables named " + name);
    }
    initializers.add(tf.assign(variable, first));
    firstValues.put(name, first);
    return variable;
  }

  private Variable<TFloat32> existing(String name, long... shape) {
    Variable<TFloat32> variable = all.get(name);
    if (variable == null || !variable.shape().equals(Shape.of(shape))) {
      throw new IllegalArgumentException(
          "there is no variable named %s of the shape %s".formatted(name, Shape.of(shape)));
    }
    return variable;
  }

  /** Returns the trained weights, in the order of their creation. */
  public Map<String, Variable<TFloat32>> trainable() {
    return Collections.unmodifiableMap(trainable);
  }

  /** Returns all variables, in the order of their creation. */
  public Map<String, Variable<TFloat32>> all() {
    return Collections.unmodifiableMap(all);
  }

  /** Returns the ops that set all variables to their initial values. They are run once. */
  public List<Op> initializers() {
    return Collections.unmodifiableList(initializers);
  }

  /**
   * Sets variables to other values than the initial ones.
   *
   * @param values the values by the names of the variables; not closed
   * @throws IllegalArgumentException if there is no such variable, or it has another shape
   */
  public void set(Session session, Map<String, TFloat32> values) {
    List<String> names = List.copyOf(all.keySet());
    Session.Runner runner = session.runner();
    values.forEach(
        (name, value) -> {
          existing(name, value.shape().asArray());
          runner.feed(TensorNames.of(firstValues.get(name)), value);
          runner.addTarget(initializers.get(names.indexOf(name)).op().name());
        });
    if (!values.isEmpty()) {
      runner.run().close();
    }
  }
}
