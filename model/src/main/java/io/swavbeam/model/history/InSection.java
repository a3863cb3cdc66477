package io.swavbeam.model.history;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;

/**
 * A difference in a nested object.
 *
 * @param section the key of the nested object
 * @param upgrade the difference in it
 */
record InSection(String section, Upgrade upgrade) implements Upgrade {
  @Override
  public void apply(ObjectNode json) {
    inside(json, upgrade::apply);
  }

  @Override
  public void undo(ObjectNode json) {
    inside(json, upgrade::undo);
  }

  private void inside(ObjectNode json, Consumer<ObjectNode> change) {
    if (json.get(section) instanceof ObjectNode inner) {
      change.accept(inner);
    }
  }
}
