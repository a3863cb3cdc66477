package io.swavbeam.model.inference;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import java.util.Map;

/**
 * What a user of an exported network must know; {@code swav.json} beside the SavedModel.
 *
 * @param id of the run and the step, and, where it embeds, of the precision unless that is float32,
 *     and of the decoding: equal ids mean equal embeddings
 * @param evaluation how images are brought to the network
 * @param temperature of the softmax over the scores
 * @param prototypes how many clusters there can be
 * @param decoding of the pictures that it was trained on
 */
public record ModelDescription(
    String id,
    EvaluationConfig evaluation,
    double temperature,
    int prototypes,
    DecodingConfig decoding) {
  /** The file in the folder of a SavedModel that holds it. */
  public static final String FILE = "swav.json";

  /** Format version of that file. Version 0.1 of the software wrote none; its keys are the same. */
  private static final int FORMAT = 1;

  /**
   * Reads what is in the file.
   *
   * @param origin what an error calls it
   * @throws InvalidConfigException in one line, if another version has written it
   */
  public static ModelDescription read(String json, String origin) {
    Written written;
    try {
      written =
          ConfigJson.read(
              json,
              Written.class,
              origin,
              Map.of("version", FORMAT, "decoding", DecodingConfig.FIRST));
    } catch (InvalidConfigException e) {
      throw new InvalidConfigException(
          e.getMessage() + ": export the model again with `swav export`");
    }
    if (written.version() > FORMAT) {
      throw new InvalidConfigException(
          "%s has format %d, and this swav knows formats up to %d: use the swav that wrote it"
              .formatted(origin, written.version(), FORMAT));
    }
    return written.description();
  }

  /** What the file holds. */
  String toJson() {
    return ConfigJson.write(new Written(FORMAT, id, evaluation, temperature, prototypes, decoding));
  }

  private record Written(
      int version,
      String id,
      EvaluationConfig evaluation,
      double temperature,
      int prototypes,
      DecodingConfig decoding) {
    ModelDescription description() {
      return new ModelDescription(id, evaluation, temperature, prototypes, decoding);
    }
  }

  /**
   * The same network as it embeds: with activations of a type, and with pictures that are decoded
   * in some way. What it makes of an image is not the same with others.
   */
  public ModelDescription in(Precision precision, DecodingConfig pictures) {
    String type = precision == Precision.FLOAT32 ? "" : "-" + precision;
    return new ModelDescription(
        id + type + pictures.suffix(), evaluation, temperature, prototypes, pictures);
  }

  /** How pictures are decoded for it where nobody asks for another way: as it was trained. */
  public DecodingConfig present() {
    return DecodingConfig.of(decoding.alpha());
  }
}
