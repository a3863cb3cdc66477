package io.swavbeam.model.weights;

import io.swavbeam.model.weights.PickleReader.Tensor;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The tensors in the dictionaries and lists of a pickle, by name. In nested dictionaries, the keys
 * are joined by dots, as in the names of PyTorch's parameters: {@code
 * state_dict.module.conv1.weight}. The keys of a list are its indices.
 */
final class StateDict {
  /** The largest depth. Training scripts wrap a state_dict a few times. */
  private static final int MAX_DEPTH = 8;

  private StateDict() {}

  /**
   * Returns the tensors by name, in the order of the file.
   *
   * @throws InvalidWeightsException if there are none, if two have the same name, or if a name is
   *     too long
   */
  static Map<String, Tensor> in(@Nullable Object root) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    collect("", root, 0, Collections.newSetFromMap(new IdentityHashMap<>()), tensors);
    if (tensors.isEmpty()) {
      throw new InvalidWeightsException(
          "it holds no state_dict: no dictionary or list in it has tensors");
    }
    return tensors;
  }

  private static void collect(
      String prefix,
      @Nullable Object value,
      int depth,
      Set<Object> seen,
      Map<String, Tensor> tensors) {
    // A value that contains itself would never end.
    if (depth > MAX_DEPTH || !(value instanceof Map || value instanceof List) || !seen.add(value)) {
      return;
    }
    if (value instanceof Map<?, ?> map) {
      map.forEach(
          (key, item) -> {
            if (key instanceof String || key instanceof Long) {
              take(prefix + key, item, depth, seen, tensors);
            }
          });
    } else {
      int number = 0;
      for (Object item : (List<?>) value) {
        take(prefix + number++, item, depth, seen, tensors);
      }
    }
  }

  private static void take(
      String name,
      @Nullable Object item,
      int depth,
      Set<Object> seen,
      Map<String, Tensor> tensors) {
    if (item instanceof Tensor || item instanceof Map || item instanceof List) {
      StoredTensor.requireName(name);
    }
    if (!(item instanceof Tensor tensor)) {
      collect(name + ".", item, depth + 1, seen, tensors);
    } else if (tensors.put(name, tensor) != null) {
      throw new InvalidWeightsException("two tensors of it are called %s".formatted(name));
    }
  }
}
