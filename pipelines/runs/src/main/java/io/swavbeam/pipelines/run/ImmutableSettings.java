package io.swavbeam.pipelines.run;

import java.util.function.Consumer;

/**
 * An immutable object with many settings. Settings are changed only in a new copy.
 *
 * @param <T> the class itself
 */
abstract class ImmutableSettings<T extends ImmutableSettings<T>> implements Cloneable {
  /** Returns a copy with other values of some fields. */
  @SuppressWarnings("unchecked") // a clone is of the same class
  final T with(Consumer<T> change) {
    try {
      T copy = (T) clone();
      change.accept(copy);
      return copy;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }
}
