package io.swavbeam.model.history;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** A difference between two versions of a JSON format. */
public interface Upgrade {
  /** Turns an object of the earlier version into one of the later version. */
  void apply(ObjectNode json);

  /**
   * Turns an object of the later version into what the earlier version wrote, as far as the earlier
   * version could express it. Digests are computed from the result, so that both versions compute
   * the same.
   */
  void undo(ObjectNode json);
}
