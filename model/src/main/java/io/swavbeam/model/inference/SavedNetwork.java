package io.swavbeam.model.inference;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.layers.Layers;
import io.swavbeam.model.layers.Parameters;
import io.swavbeam.model.network.SwavNetwork;
import io.swavbeam.model.tensorflow.Sessions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TUint8;

/**
 * The network for embedding as a SavedModel: signature {@code embed}, from {@code images} ({@code
 * [batch, height, width, 3] uint8}) to {@code features}, {@code projection} and {@code scores}.
 */
public final class SavedNetwork {
  static final String TAG = "serve";
  static final String SIGNATURE = "embed";
  static final String IMAGES = "images";
  static final String FEATURES = "features";
  static final String PROJECTION = "projection";
  static final String SCORES = "scores";

  private SavedNetwork() {}

  /**
   * Writes a SavedModel.
   *
   * @param variables prefix of a training checkpoint's files
   * @param folder that exists and is empty
   */
  public static void export(
      NetworkConfig network, Path variables, ModelDescription description, Path folder)
      throws IOException {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Placeholder<TUint8> images =
          tf.withName(IMAGES).placeholder(TUint8.class, Placeholder.shape(Shape.of(-1, -1, -1, 3)));
      SwavNetwork.Outputs outputs =
          new SwavNetwork<>(network, Layers.forInference(tf, new Parameters(tf, 0)))
              .apply(List.of(new SwavNetwork.Group(1, List.of(images))));
      Signature signature =
          Signature.builder(SIGNATURE)
              .input(IMAGES, images)
              .output(FEATURES, outputs.features())
              .output(PROJECTION, outputs.projections())
              .output(SCORES, outputs.scores())
              .build();
      try (Session session = Sessions.open(graph)) {
        session.restore(variables.toString());
        SavedModelBundle.exporter(folder.toString())
            .withTags(TAG)
            .withSession(session)
            .withSignature(signature)
            .export();
      }
    }
    Files.writeString(folder.resolve(ModelDescription.FILE), ConfigJson.write(description));
  }
}
