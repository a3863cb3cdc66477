package io.swavbeam.model.history;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The decoding and the limit of unreadable images of a run, which version 0.1 did not have. Only
 * runs that were begun with version 0.1 have its decoding, so the limit is not part of their
 * digests.
 */
record DecodingAdded() implements Upgrade {
  /** The decoding of version 0.1. */
  static final String DECODING = "{'version': 1, 'alpha': 'drop'}";

  private static final KeyAdded DECODING_ADDED = new KeyAdded("decoding", DECODING);
  private static final KeyAdded LIMIT_ADDED = new KeyAdded("maxUnreadable", "1.0");

  @Override
  public void apply(ObjectNode json) {
    DECODING_ADDED.apply(json);
    LIMIT_ADDED.apply(json);
  }

  @Override
  public void undo(ObjectNode json) {
    DECODING_ADDED.undo(json);
    if (!json.has("decoding")) {
      json.remove("maxUnreadable");
    }
  }
}
