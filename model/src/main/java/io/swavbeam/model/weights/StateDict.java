package io.swavbeam.model.weights;

import io.swavbeam.model.weights.PickleReader.Tensor;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The tensors of the dictionaries in a pickle, by their names. A tensor of a dictionary in a
 * dictionary has the keys of both in its name, with dots between them, as modules of PyTorch name
 * their parameters: {@code state_dict.module.conv1.weight}.
 */
final class StateDict {
  /** Training scripts wrap a state_dict once or twice. */
  private static final int DEEPEST = 4;

  private StateDict() {}

  /**
   * Returns the tensors by name, in the order of the file.
   *
   * @throws InvalidWeightsException if there are none, or if two have the same name
   */
  static Map<String, Tensor> in(@Nullable Object root) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    collect("", root, 0, Collections.newSetFromMap(new IdentityHashMap<>()), tensors);
    if (tensors.isEmpty()) {
      throw new InvalidWeightsException(
          "it holds no state_dict: no dictionary in it has tensors by name");
    }
    return tensors;
  }

  private static void collect(
      String prefix,
      @Nullable Object value,
      int depth,
      Set<Object> seen,
      Map<String, Tensor> tensors) {
    // A dictionary that holds itself would never end.
    if (!(value instanceof Map<?, ?> map) || depth > DEEPEST || !seen.add(map)) {
      return;
    }
    map.forEach(
        (key, item) -> {
          if (!(key instanceof String name)) {
            return; // the state of an optimizer, by number
          }
          if (!(item instanceof Tensor tensor)) {
            collect(prefix + name + ".", item, depth + 1, seen, tensors);
          } else if (tensors.put(prefix + name, tensor) != null) {
            throw new InvalidWeightsException(
                "two tensors of it are called %s".formatted(prefix + name));
          }
        });
  }
}
