package io.swavbeam.model.inference;

import io.swavbeam.model.config.Digest;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.layers.Layers;
import io.swavbeam.model.layers.Parameters;
import io.swavbeam.model.network.SwavNetwork;
import io.swavbeam.model.run.LiteralFolder;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Sessions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Signature;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/**
 * The network for embedding as a SavedModel. The signature {@code embed} maps {@code images}
 * ({@code [batch, height, width, 3] uint8}) to {@code features}, {@code projection} and {@code
 * scores}, all float32. The last two exist if the network has a projection head and prototypes. The
 * signature {@code embed_bfloat16} has a backbone with bfloat16 activations.
 */
public final class SavedNetwork {
  static final String TAG = "serve";

  /**
   * Bytes of weights that one call of a session transfers. Each call takes time to look up the
   * graph.
   */
  static final long AT_ONCE = 64 << 20;

  private static final int DIGEST_LENGTH = 12;
  private static final String SIGNATURE = "embed";
  static final String IMAGES = "images";
  static final String FEATURES = "features";
  static final String PROJECTION = "projection";
  static final String SCORES = "scores";

  /** The types of the backbone's activations that a model can embed in. */
  public static final List<Precision> PRECISIONS = List.of(Precision.FLOAT32, Precision.BFLOAT16);

  private SavedNetwork() {}

  static String signature(Precision precision) {
    return precision == Precision.FLOAT32 ? SIGNATURE : SIGNATURE + "_" + precision;
  }

  /** Sets the variables of a network. */
  public interface Weights {
    /**
     * Sets all variables.
     *
     * @param session the session of the variables
     */
    void restore(Session session, Parameters parameters) throws IOException;
  }

  /**
   * Writes a SavedModel.
   *
   * @param weights sets its variables
   * @param folder an existing, empty folder
   */
  public static void export(Weights weights, ModelDescription description, Path folder)
      throws IOException {
    export(weights, description.network(), digest -> description, folder);
  }

  /**
   * Writes a SavedModel whose description depends on its weights.
   *
   * @param weights sets its variables
   * @param description returns the description for a digest of the weights and the statistics, of
   *     {@value #DIGEST_LENGTH} hexadecimal digits
   * @param folder an existing, empty folder
   * @return the description
   * @throws InvalidConfigException in one line, if a weight is not finite
   */
  public static ModelDescription export(
      Weights weights,
      NetworkConfig network,
      Function<String, ModelDescription> description,
      Path folder)
      throws IOException {
    ModelDescription described;
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Placeholder<TUint8> images =
          tf.withName(IMAGES).placeholder(TUint8.class, Placeholder.shape(Shape.of(-1, -1, -1, 3)));
      Parameters parameters = new Parameters(tf, 0);
      List<Signature> signatures = new ArrayList<>();
      for (Precision precision : PRECISIONS) {
        Parameters own = signatures.isEmpty() ? parameters : parameters.reuse();
        SwavNetwork.Outputs outputs =
            new SwavNetwork<>(network, Layers.forInference(tf, Layers.type(precision), own))
                .apply(List.of(new SwavNetwork.Group(1, List.of(images))));
        Signature.Builder signature =
            Signature.builder(signature(precision))
                .input(IMAGES, images)
                .output(FEATURES, outputs.features());
        if (outputs.projections() != null) {
          signature.output(PROJECTION, outputs.projections());
        }
        if (outputs.scores() != null) {
          signature.output(SCORES, outputs.scores());
        }
        signatures.add(signature.build());
      }
      try (Session session = Sessions.open(graph)) {
        weights.restore(session, parameters);
        described = description.apply(digest(session, parameters));
        SavedModelBundle.Exporter exporter =
            SavedModelBundle.exporter(folder.toString()).withTags(TAG).withSession(session);
        signatures.forEach(exporter::withSignature);
        exporter.export();
      }
    }
    Files.writeString(folder.resolve(ModelDescription.FILE), described.toJson());
    return described;
  }

  private static String digest(Session session, Parameters parameters) {
    Digest digest = new Digest();
    Map<String, Shape> shapes = new LinkedHashMap<>();
    parameters.all().forEach((name, variable) -> shapes.put(name, variable.shape()));
    read(
        session,
        shapes,
        some ->
            some.forEach(
                (name, value) ->
                    digest.add(name).add(value.shape().toString()).add(finiteBytes(name, value))));
    return digest.hex(DIGEST_LENGTH);
  }

  private static byte[] finiteBytes(String name, TFloat32 value) {
    byte[] bytes = new byte[Math.toIntExact(value.numBytes())];
    value.asRawTensor().data().read(bytes);
    FloatBuffer floats = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).asFloatBuffer();
    while (floats.hasRemaining()) {
      float one = floats.get();
      if (!Float.isFinite(one)) {
        throw new InvalidConfigException(
            "the weights are not finite: %s holds %s, as in a run that has diverged"
                .formatted(name, one));
      }
    }
    return bytes;
  }

  /**
   * Loads a SavedModel, to be closed by the caller.
   *
   * @throws InvalidConfigException in one line, if it is damaged
   */
  static SavedModelBundle load(Path folder, Devices device) {
    try {
      return LiteralFolder.read(
          folder,
          literal ->
              SavedModelBundle.loader(literal.toString())
                  .withTags(TAG)
                  .withConfigProto(device.unplacedConfig())
                  .load());
    } catch (TensorFlowException | IllegalArgumentException e) {
      throw new InvalidConfigException(
          "%s is damaged: %s".formatted(folder, e.getMessage().lines().findFirst().orElse("")), e);
    }
  }

  /** Returns the shapes of a network's weights and statistics by their names, in order. */
  public static Map<String, Shape> shapes(NetworkConfig network) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Parameters parameters = new Parameters(tf, 0);
      new SwavNetwork<>(network, Layers.forInference(tf, TFloat32.class, parameters));
      parameters.all().forEach((name, variable) -> shapes.put(name, variable.shape()));
    }
    return shapes;
  }

  /**
   * Reads the weights and statistics of a SavedModel in several parts, in order.
   *
   * @param shapes the shapes of its network, see {@link #shapes}
   * @param reader receives the values of each part by their names; they are closed afterwards
   * @throws InvalidConfigException in one line, if it is damaged or a weight is not finite
   */
  public static void read(
      Path folder, Map<String, Shape> shapes, Consumer<Map<String, TFloat32>> reader) {
    try (SavedModelBundle bundle = load(folder, Devices.cpu())) {
      read(
          bundle.session(),
          shapes,
          some -> {
            some.forEach(SavedNetwork::finiteBytes);
            reader.accept(some);
          });
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigException(
          "%s is damaged: it is not the network of its description: %s"
              .formatted(folder, e.getMessage().lines().findFirst().orElse("")),
          e);
    }
  }

  private static void read(
      Session session, Map<String, Shape> shapes, Consumer<Map<String, TFloat32>> reader) {
    List<String> some = new ArrayList<>();
    long bytes = 0;
    for (Map.Entry<String, Shape> variable : shapes.entrySet()) {
      some.add(variable.getKey());
      bytes += variable.getValue().size() * Float.BYTES;
      if (bytes > AT_ONCE) {
        read(session, some, reader);
        some.clear();
        bytes = 0;
      }
    }
    read(session, some, reader);
  }

  private static void read(
      Session session, List<String> names, Consumer<Map<String, TFloat32>> reader) {
    if (names.isEmpty()) {
      return;
    }
    Session.Runner runner = session.runner();
    names.forEach(runner::fetch);
    try (Result result = runner.run()) {
      Map<String, TFloat32> values = new LinkedHashMap<>();
      for (int i = 0; i < names.size(); i++) {
        values.put(names.get(i), (TFloat32) result.get(i));
      }
      reader.accept(values);
    }
  }
}
