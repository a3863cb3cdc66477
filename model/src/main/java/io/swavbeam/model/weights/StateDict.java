package io.swavbeam.model.weights;

import io.swavbeam.model.weights.PickleReader.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Finds a network's tensors in what a pickle holds. */
final class StateDict {
  /** Where training scripts put it. */
  private static final List<String> WRAPPERS = List.of("state_dict", "model", "model_state_dict");

  private StateDict() {}

  /**
   * Its tensors by name.
   *
   * @throws InvalidWeightsException if there are none
   */
  static Map<String, Tensor> in(@Nullable Object root) {
    Object at = root;
    // Wrapped at most twice, {'model': {'state_dict': ...}}.
    for (int depth = 0; depth <= 2; depth++) {
      if (!(at instanceof Map<?, ?> map)) {
        break;
      }
      Object inner =
          WRAPPERS.stream().map(map::get).filter(Map.class::isInstance).findFirst().orElse(null);
      if (inner == null) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        map.forEach(
            (key, value) -> {
              if (key instanceof String name && value instanceof Tensor tensor) {
                tensors.put(name, tensor);
              }
            });
        if (!tensors.isEmpty()) {
          return tensors;
        }
        break;
      }
      at = inner;
    }
    throw new InvalidWeightsException(
        "it holds no state_dict: no tensors by name, neither as they are nor in %s"
            .formatted(String.join(", ", WRAPPERS)));
  }
}
