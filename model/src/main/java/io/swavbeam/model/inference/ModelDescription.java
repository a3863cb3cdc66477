package io.swavbeam.model.inference;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.history.History;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The description of an exported network, {@code swav.json} beside the SavedModel.
 *
 * @param id the id of the model: the run and the step; if it is used for embedding, also the
 *     decoding, and the precision unless it is float32. Equal ids mean equal embeddings.
 * @param evaluation the preprocessing of images
 * @param temperature the temperature of the softmax over the scores
 * @param prototypes the number of prototypes
 * @param decoding the decoding of the training images
 * @param network the architecture; null in models of version 0.1 and early models of 0.2
 * @param source the source of its weights, if it was imported
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
  /** The name of the file in the folder of a SavedModel. */
  public static final String FILE = "swav.json";

  private static final String NETWORK = "network";
  private static final String SOURCE = "source";

  /**
   * Reads the file.
   *
   * @param origin the name of the text in errors
   * @throws InvalidConfigException in one line, if it is damaged, or a later version has written it
   */
  public static ModelDescription read(String json, String origin) {
    try {
      ObjectNode tree = ConfigJson.object(json, origin);
      ConfigJson.upgrade(tree, origin, History.MODEL);
      return read(tree, origin);
    } catch (InvalidConfigException e) {
      if (e.kind() == ErrorKind.LATER_FORMAT) {
        throw e;
      }
      throw new InvalidConfigException(ErrorKind.EARLIER_MODEL, origin, e.getMessage(), e);
    }
  }

  private static ModelDescription read(ObjectNode tree, String origin) {
    ObjectNode required = tree.deepCopy();
    required.remove(List.of(NETWORK, SOURCE));
    Required written = ConfigJson.read(required, Required.class, origin);
    NetworkConfig network = ConfigJson.take(tree, NETWORK, NetworkConfig.class, origin);
    WeightSource source = ConfigJson.take(tree, SOURCE, WeightSource.class, origin);
    return new ModelDescription(
        written.id(),
        written.evaluation(),
        written.temperature(),
        written.prototypes(),
        written.decoding(),
        network,
        source);
  }

  /** Returns the text of the file. */
  String toJson() {
    Map<String, Object> parts = new LinkedHashMap<>();
    if (network != null) {
      parts.put(NETWORK, network);
    }
    if (source != null) {
      parts.put(SOURCE, source);
    }
    Required required = new Required(id, evaluation, temperature, prototypes, decoding);
    return ConfigJson.write(required, History.MODEL, parts);
  }

  /** The keys that each model has. */
  private record Required(
      String id,
      EvaluationConfig evaluation,
      double temperature,
      int prototypes,
      DecodingConfig decoding) {}

  /**
   * Returns the description of this network as it embeds, with a precision and a decoding. Other
   * ones give other embeddings, so the id includes them.
   */
  public ModelDescription in(Precision precision, DecodingConfig pictures) {
    return new ModelDescription(
        new ModelId(id, precision, pictures).toString(),
        evaluation,
        temperature,
        prototypes,
        pictures,
        network,
        source);
  }

  /**
   * Returns the network.
   *
   * @param origin the name of the model in errors
   * @throws InvalidConfigException in one line, if the description does not have it
   */
  public NetworkConfig requireNetwork(String origin) {
    if (network == null) {
      throw new InvalidConfigException(
          ErrorKind.EARLIER_MODEL,
          origin,
          "%s was written by an earlier version, which did not describe the network"
              .formatted(origin));
    }
    return network;
  }

  /** Returns the usual decoding for this network: that of its training, in the current version. */
  public DecodingConfig present() {
    return DecodingConfig.of(decoding.alpha(), decoding.decode());
  }
}
