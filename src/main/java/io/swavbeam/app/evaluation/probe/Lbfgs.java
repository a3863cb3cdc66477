package io.swavbeam.app.evaluation.probe;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.IntConsumer;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A minimiser of a smooth convex function by L-BFGS (Nocedal and Wright 2006, algorithm 7.5), with
 * a backtracking line search.
 */
final class Lbfgs {
  private static final int MEMORY = 10;
  private static final double ARMIJO = 1e-4;
  private static final int HALVINGS = 30;

  private final int maxIterations;
  private final double tolerance;

  /** A function of many variables. */
  @FunctionalInterface
  interface Objective {
    Step at(double[] point);
  }

  /** A point, with the value and the gradient of the function. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Step(double[] point, double value, double[] gradient) {}

  /**
   * The result.
   *
   * @param converged whether the gradient is within the tolerance
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Result(double[] point, int iterations, boolean converged) {}

  /**
   * @param tolerance the largest component of the gradient at which the search ends
   */
  Lbfgs(int maxIterations, double tolerance) {
    this.maxIterations = maxIterations;
    this.tolerance = tolerance;
  }

  /**
   * Minimises a function.
   *
   * @param listener called with the number of each iteration, from 1
   */
  Result minimize(Objective objective, double[] start, IntConsumer listener) {
    History history = new History();
    Step step = objective.at(start);
    for (int done = 0; ; done++) {
      if (largest(step.gradient) <= tolerance) {
        return new Result(step.point, done, true);
      }
      double scale = done == 0 ? 1 / Math.max(1, largest(step.gradient)) : 1;
      Step next =
          done == maxIterations
              ? null
              : search(objective, step, history.direction(step.gradient), scale);
      if (next == null) {
        return new Result(step.point, done, false);
      }
      history.add(step, next);
      step = next;
      listener.accept(done + 1);
    }
  }

  /**
   * Searches along a direction. Returns null if the function cannot be decreased within its
   * precision.
   */
  private static @Nullable Step search(
      Objective objective, Step from, double[] direction, double length) {
    double slope = dot(from.gradient, direction);
    double scale = length;
    for (int i = 0; i < HALVINGS; i++) {
      double[] point = from.point.clone();
      addScaled(point, scale, direction);
      Step step = objective.at(point);
      if (step.value <= from.value + ARMIJO * scale * slope) {
        return step;
      }
      scale /= 2;
    }
    return null;
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElseThrow();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static void addScaled(double[] sum, double scale, double[] values) {
    Arrays.setAll(sum, i -> sum[i] + scale * values[i]);
  }

  /** The last steps, which approximate the curvature. */
  private static final class History {
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Pair(double[] step, double[] gradientChange, double product) {}

    private final Deque<Pair> pairs = new ArrayDeque<>();

    void add(Step from, Step to) {
      double[] step = to.point.clone();
      double[] gradientChange = to.gradient.clone();
      addScaled(step, -1, from.point);
      addScaled(gradientChange, -1, from.gradient);
      double product = dot(step, gradientChange);
      // Rounding errors near the minimum may violate convexity.
      if (product > 0) {
        pairs.addLast(new Pair(step, gradientChange, product));
        if (pairs.size() > MEMORY) {
          pairs.removeFirst();
        }
      }
    }

    double[] direction(double[] gradient) {
      double[] direction = new double[gradient.length];
      addScaled(direction, -1, gradient);
      if (pairs.isEmpty()) {
        return direction;
      }
      double[] shares = new double[pairs.size()];
      int i = shares.length;
      for (Iterator<Pair> latest = pairs.descendingIterator(); latest.hasNext(); ) {
        Pair pair = latest.next();
        shares[--i] = dot(pair.step, direction) / pair.product;
        addScaled(direction, -shares[i], pair.gradientChange);
      }
      Pair last = pairs.getLast();
      double scale = last.product / dot(last.gradientChange, last.gradientChange);
      Arrays.setAll(direction, j -> scale * direction[j]);
      for (Pair pair : pairs) {
        double back = dot(pair.gradientChange, direction) / pair.product;
        addScaled(direction, shares[i++] - back, pair.step);
      }
      return direction;
    }
  }
}
