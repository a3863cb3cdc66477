package io.swavbeam.model.inference;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.Digest;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.layers.Parameters;
import io.swavbeam.model.layers.TorchLayout;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.weights.PretrainedNetwork;
import io.swavbeam.model.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.Session;
import org.tensorflow.types.TFloat32;

/** Makes a model for embedding of weights that others have trained. */
public final class ModelImport {
  private static final int ID_LENGTH = 12;

  private ModelImport() {}

  /**
   * Describes the model that will be written.
   *
   * @param evaluation how images are brought to the network
   * @param temperature of the softmax over the scores
   */
  public static ModelDescription describe(
      PretrainedNetwork network,
      WeightSource source,
      EvaluationConfig evaluation,
      double temperature) {
    NetworkConfig config = network.config();
    String digest =
        new Digest()
            .add(source.sha256())
            .add("%d %s %s %s".formatted(source.head(), config, evaluation, temperature))
            .hex(ID_LENGTH);
    return new ModelDescription(
        "imported-" + digest,
        evaluation,
        temperature,
        config.prototypes(),
        DecodingConfig.of(Alpha.WHITE),
        config,
        source);
  }

  /**
   * Writes the model, whole or not at all. One tensor at a time is in Java's memory, and a few in
   * TensorFlow's beside the network.
   *
   * @param network whose file is open
   * @param folder that is written, or replaced
   * @throws io.swavbeam.model.weights.InvalidWeightsException in one line, if a weight is not
   *     finite
   */
  public static void write(PretrainedNetwork network, ModelDescription description, Path folder)
      throws IOException {
    AtomicFiles.writeFolder(
        folder,
        unfinished ->
            SavedNetwork.export(
                (session, parameters) -> restore(network, session, parameters),
                description,
                unfinished));
  }

  private static void restore(PretrainedNetwork network, Session session, Parameters parameters)
      throws IOException {
    Map<String, TFloat32> some = new LinkedHashMap<>();
    long bytes = 0;
    try {
      for (Map.Entry<String, StoredTensor> weight : network.weights().entrySet()) {
        StoredTensor stored = weight.getValue();
        some.put(
            weight.getKey(), TorchLayout.tensor(weight.getKey(), stored.shape(), stored.read()));
        bytes += stored.size() * Float.BYTES;
        if (bytes > SavedNetwork.AT_ONCE) {
          parameters.set(session, some);
          some.values().forEach(TFloat32::close);
          some.clear();
          bytes = 0;
        }
      }
      parameters.set(session, some);
    } finally {
      some.values().forEach(TFloat32::close);
    }
  }
}
