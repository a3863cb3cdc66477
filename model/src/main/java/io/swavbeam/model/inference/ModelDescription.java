package io.swavbeam.model.inference;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.config.InvalidConfigException;
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

  /**
   * Reads what is in the file.
   *
   * @param origin what an error calls it
   * @throws InvalidConfigException in one line, where another version has written it
   */
  public static ModelDescription read(String json, String origin) {
    try {
      return ConfigJson.read(json, ModelDescription.class, origin);
    } catch (InvalidConfigException e) {
      throw new InvalidConfigException(
          e.getMessage() + ": export the model again with `swav export`");
    }
  }

  /** Of the same network with activations of a type: what it embeds is not the same. */
  public ModelDescription in(Precision precision) {
    return precision == Precision.FLOAT32
        ? this
        : new ModelDescription(id + "-" + precision, evaluation, temperature, prototypes);
  }
}
