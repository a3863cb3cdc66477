package io.swavbeam.model.inference;

import io.swavbeam.model.config.EvaluationConfig;

/**
 * What a user of an exported network must know; {@code swav.json} beside the SavedModel.
 *
 * @param id of the run and the step: equal ids mean equal embeddings
 * @param evaluation how images are brought to the network
 * @param temperature of the softmax over the scores
 */
public record ModelDescription(String id, EvaluationConfig evaluation, double temperature) {
  static final String FILE = "swav.json";
}
