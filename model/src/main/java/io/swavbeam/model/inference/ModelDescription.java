package io.swavbeam.model.inference;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.error.ErrorKind;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What a user of an exported network must know; {@code swav.json} beside the SavedModel.
 *
 * @param id of the run and the step, and, where it embeds, of the precision unless that is float32,
 *     and of the decoding: equal ids mean equal embeddings
 * @param evaluation how images are brought to the network
 * @param temperature of the softmax over the scores
 * @param prototypes how many clusters there can be
 * @param decoding of the pictures that it was trained on
 * @param network what it is made of; null in models of version 0.1 and of 0.2 before it was written
 * @param source where its weights came from, if it was imported
 */
public record ModelDescription(
    String id,
    EvaluationConfig evaluation,
    double temperature,
    int prototypes,
    DecodingConfig decoding,
    @Nullable NetworkConfig network,
    @Nullable WeightSource source)
    implements Serializable {
  /** The file in the folder of a SavedModel that holds it. */
  public static final String FILE = "swav.json";

  /**
   * Format version of that file. Version 0.1 of the software wrote none; 1 had neither network nor
   * source; 2 had sources without a prefix.
   */
  private static final int FORMAT = 3;

  private static final int FORMAT_WITHOUT_NETWORK = 1;
  private static final String DECODING = "decoding";
  private static final String NETWORK = "network";
  private static final String SOURCE = "source";
  private static final List<String> OPTIONAL = List.of(NETWORK, SOURCE);

  /**
   * Reads what is in the file.
   *
   * @param origin what an error calls it
   * @throws InvalidConfigException in one line, if another version has written it
   */
  public static ModelDescription read(String json, String origin) {
    Written written;
    NetworkConfig network;
    WeightSource source;
    try {
      written =
          ConfigJson.read(
              ConfigJson.without(json, OPTIONAL, origin),
              Written.class,
              origin,
              Map.of("version", FORMAT_WITHOUT_NETWORK, DECODING, DecodingConfig.FIRST),
              Map.of(DECODING, DecodingConfig.BEFORE_KEYS));
      network = ConfigJson.part(json, NETWORK, NetworkConfig.class, origin, Map.of());
      source = ConfigJson.part(json, SOURCE, WeightSource.class, origin, WeightSource.BEFORE_KEYS);
    } catch (InvalidConfigException e) {
      throw new InvalidConfigException(ErrorKind.EARLIER_MODEL, origin, e.getMessage(), e);
    }
    if (written.version() > FORMAT) {
      throw new InvalidConfigException(
          "%s has format %d, and this swav knows formats up to %d: use the swav that wrote it"
              .formatted(origin, written.version(), FORMAT));
    }
    return new ModelDescription(
        written.id(),
        written.evaluation(),
        written.temperature(),
        written.prototypes(),
        written.decoding(),
        network,
        source);
  }

  /** What the file holds. */
  String toJson() {
    Map<String, Object> parts = new LinkedHashMap<>();
    if (network != null) {
      parts.put(NETWORK, network);
    }
    if (source != null) {
      parts.put(SOURCE, source);
    }
    return ConfigJson.write(
        new Written(FORMAT, id, evaluation, temperature, prototypes, decoding), parts);
  }

  private record Written(
      int version,
      String id,
      EvaluationConfig evaluation,
      double temperature,
      int prototypes,
      DecodingConfig decoding) {}

  /**
   * The same network as it embeds: with activations of a type, and with pictures that are decoded
   * in some way. What it makes of an image is not the same with others.
   */
  public ModelDescription in(Precision precision, DecodingConfig pictures) {
    String type = precision == Precision.FLOAT32 ? "" : "-" + precision;
    return new ModelDescription(
        id + type + pictures.suffix(),
        evaluation,
        temperature,
        prototypes,
        pictures,
        network,
        source);
  }

  /**
   * What it is made of.
   *
   * @param origin what an error calls the model
   * @throws InvalidConfigException in one line, if its description does not say so
   */
  public NetworkConfig requireNetwork(String origin) {
    if (network == null) {
      throw new InvalidConfigException(
          ErrorKind.EARLIER_MODEL,
          origin,
          "%s is of an earlier version, which did not say what its network is".formatted(origin));
    }
    return network;
  }

  /** How pictures are decoded for it where nobody asks for another way: as it was trained. */
  public DecodingConfig present() {
    return DecodingConfig.of(decoding.alpha(), decoding.decode());
  }
}
