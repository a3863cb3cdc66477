package io.swavbeam.model.inference;

import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.config.Precision;

/**
 * What a user of an exported network must know; {@code swav.json} beside the SavedModel.
 *
 * @param id of the run and the step, and of the precision where it is not float32: equal ids mean
 *     equal embeddings
 * @param evaluation how images are brought to the network
 * @param temperature of the softmax over the scores
 * @param prototypes how many clusters there can be
 */
public record ModelDescription(
    String id, EvaluationConfig evaluation, double temperature, int prototypes) {
  /** The file in the folder of a SavedModel that holds it. */
  public static final String FILE = "swav.json";

  /** Of the same network with activations of a type: what it embeds is not the same. */
  public ModelDescription in(Precision precision) {
    return precision == Precision.FLOAT32
        ? this
        : new ModelDescription(id + "-" + precision, evaluation, temperature, prototypes);
  }
}
