package io.swavbeam.model.history;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A key that had another name in the earlier version.
 *
 * @param before the earlier name
 * @param now the later name
 */
record KeyRenamed(String before, String now) implements Upgrade {
  @Override
  public void apply(ObjectNode json) {
    if (json.has(before) && !json.has(now)) {
      json.set(now, json.remove(before));
    }
  }

  @Override
  public void undo(ObjectNode json) {
    if (json.has(now)) {
      json.set(before, json.remove(now));
    }
  }
}
