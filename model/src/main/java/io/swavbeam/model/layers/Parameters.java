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
 * The variables of one graph, by name, with the ops that give them their first values.
 *
 * <p>Names are those of the reference implementation ({@code backbone.0.weight}). They are
 * reference variables, which TensorFlow's saver covers. Two rules keep them safe, and everything in
 * the graph follows them: they are read through {@code identity} (differentiating an op that sits
 * directly on one can end the process), and every update waits for all gradients (an early one
 * could change a weight that backpropagation has still to read).
 */
public final class Parameters {
  private final Ops tf;
  private final long seed;
  private final boolean reused;
  private final Map<String, Variable<TFloat32>> trainable;
  private final Map<String, Variable<TFloat32>> all;
  private final List<Op> initializers;
  // By the name of its variable: what an initializer assigns.
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

  /** The same variables for another network of the same kind, which is to make none of its own. */
  public Parameters reuse() {
    return new Parameters(this);
  }

  /** A weight to be trained, uniform in [-bound, bound) at first. */
  Variable<TFloat32> uniform(String name, double bound, long... shape) {
    return trained(
        name, tf.math.mul(centredUniform(shape), tf.constant((float) (2 * bound))), shape);
  }

  /** A weight to be trained, normal with mean 0 at first. */
  Variable<TFloat32> normal(String name, double deviation, long... shape) {
    Operand<TFloat32> random =
        tf.random.statelessRandomNormal(tf.constant(shape), tf.constant(key()), TFloat32.class);
    return trained(name, tf.math.mul(random, tf.constant((float) deviation)), shape);
  }

  /** Numbers in [-0.5, 0.5) for the next variable, a function of the seed and its place. */
  public Operand<TFloat32> centredUniform(long... shape) {
    Operand<TFloat32> random =
        tf.random.statelessRandomUniform(tf.constant(shape), tf.constant(key()), TFloat32.class);
    return tf.math.sub(random, tf.constant(0.5f));
  }

  private long[] key() {
    return new long[] {seed, all.size()};
  }

  /** A weight to be trained that starts as the given value, which must have the given shape. */
  public Variable<TFloat32> trained(String name, Operand<TFloat32> first, long... shape) {
    Variable<TFloat32> variable = variable(name, first, shape);
    trainable.put(name, variable);
    return variable;
  }

  /**
   * A variable that no gradient reaches (a statistic, a slot of the optimiser), constant at first.
   */
  public Variable<TFloat32> untrained(String name, float value, long... shape) {
    return variable(name, constant(value, shape), shape);
  }

  /** A tensor full of one value. */
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

  /** The weights that are trained, in the order of their creation. */
  public Map<String, Variable<TFloat32>> trainable() {
    return Collections.unmodifiableMap(trainable);
  }

  /** All variables, in the order of their creation. */
  public Map<String, Variable<TFloat32>> all() {
    return Collections.unmodifiableMap(all);
  }

  /** Ops that set every variable to its first value, to be run once. */
  public List<Op> initializers() {
    return Collections.unmodifiableList(initializers);
  }

  /**
   * Gives variables values, in place of the first ones.
   *
   * @param values of the shapes of the variables, by their names; they stay the caller's
   * @throws IllegalArgumentException if there is no such variable, or its shape is another
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
