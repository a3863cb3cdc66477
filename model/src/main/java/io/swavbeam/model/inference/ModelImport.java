package io.swavbeam.model.inference;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.Digest;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.layers.Parameters;
import io.swavbeam.model.layers.TorchLayout;
import io.swavbeam.model.network.Prototypes;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.weights.PretrainedNetwork;
import io.swavbeam.model.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.Session;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.types.TFloat32;

/** The import of models for embedding from weights of other software. */
public final class ModelImport {
  private static final String ID = "imported-";
  private static final int ID_LENGTH = 12;

  private ModelImport() {}

  /**
   * Returns the description of the model to write.
   *
   * @param evaluation preprocessing of images
   * @param temperature temperature of the softmax over the scores
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
            .add(source.prefix().isEmpty() ? "" : " " + source.prefix())
            .hex(ID_LENGTH);
    return new ModelDescription(
        ID + digest,
        evaluation,
        temperature,
        config.prototypes(),
        DecodingConfig.of(Alpha.WHITE),
        config,
        source);
  }

  /**
   * Returns the description of the model with other prototypes than those of its file.
   *
   * @param prototypes {@code [count][projectionDim]}, or {@code [count][featureDim]} without a head
   */
  public static ModelDescription withPrototypes(ModelDescription model, float[][] prototypes) {
    Digest digest = new Digest().add(model.id());
    for (float[] prototype : prototypes) {
      for (float value : prototype) {
        digest.add(Float.floatToIntBits(value));
      }
    }
    return new ModelDescription(
        ID + digest.hex(ID_LENGTH),
        model.evaluation(),
        model.temperature(),
        prototypes.length,
        model.decoding(),
        model.network().withPrototypes(prototypes.length),
        model.source());
  }

  /**
   * Writes the model as a whole. Holds one tensor at a time in Java's memory, and a few in
   * TensorFlow's besides the network.
   *
   * @param network the network, whose file is open
   * @param folder the folder to write; an existing one is replaced
   * @throws io.swavbeam.model.weights.InvalidWeightsException in one line, if a weight is not
   *     finite
   */
  public static void write(PretrainedNetwork network, ModelDescription description, Path folder)
      throws IOException {
    write(network.weights(), description, null, folder);
  }

  /**
   * Writes the model with other prototypes than those of the file.
   *
   * @param description the result of {@link #withPrototypes}
   */
  public static void write(
      PretrainedNetwork network, ModelDescription description, float[][] prototypes, Path folder)
      throws IOException {
    Map<String, StoredTensor> others = new LinkedHashMap<>(network.weights());
    others.remove(Prototypes.NAME);
    write(others, description, prototypes, folder);
  }

  private static void write(
      Map<String, StoredTensor> weights,
      ModelDescription description,
      float @Nullable [][] prototypes,
      Path folder)
      throws IOException {
    AtomicFiles.writeFolder(
        folder,
        unfinished ->
            SavedNetwork.export(
                (session, parameters) -> {
                  restore(weights, session, parameters);
                  if (prototypes != null) {
                    set(prototypes, session, parameters);
                  }
                },
                description,
                unfinished));
  }

  private static void set(float[][] prototypes, Session session, Parameters parameters) {
    try (TFloat32 value = TFloat32.tensorOf(StdArrays.ndCopyOf(prototypes))) {
      parameters.set(session, Map.of(Prototypes.NAME, value));
    }
  }

  private static void restore(
      Map<String, StoredTensor> weights, Session session, Parameters parameters)
      throws IOException {
    Map<String, TFloat32> some = new LinkedHashMap<>();
    long bytes = 0;
    try {
      for (Map.Entry<String, StoredTensor> weight : weights.entrySet()) {
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
