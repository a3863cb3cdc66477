package io.swavbeam.model.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.layers.TorchLayout;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tensorflow.ndarray.Shape;

/**
 * The export of a model's weights as a safetensors file, with the names and the layout of the
 * reference implementation. For residual networks, these are torchvision's: {@code
 * torchvision.models.resnet50().load_state_dict(weights, strict=False)} loads the backbone.
 */
public final class SafetensorsExport {
  private SafetensorsExport() {}

  /**
   * Writes the file.
   *
   * @param model a run directory or the folder of a model
   * @param out the file; not closed
   * @throws io.swavbeam.model.config.InvalidConfigException in one line, if there is no model, or
   *     its description does not have its network
   */
  public static void write(Path model, OutputStream out) throws IOException {
    ModelDescription description = Embedder.describe(model);
    NetworkConfig network = description.requireNetwork(model.toString());
    Map<String, Shape> shapes = SavedNetwork.shapes(network);
    ObjectNode header = new ObjectMapper().createObjectNode();
    header.putObject("__metadata__").put("format", "pt").put("model", description.id());
    long offset = 0;
    for (Map.Entry<String, Shape> entry : shapes.entrySet()) {
      long end = offset + entry.getValue().size() * Float.BYTES;
      ObjectNode tensor = header.putObject(entry.getKey()).put("dtype", "F32");
      TorchLayout.there(entry.getKey(), entry.getValue()).forEach(tensor.putArray("shape")::add);
      tensor.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] json = new ObjectMapper().writeValueAsBytes(header);
    byte[] length = new byte[Long.BYTES];
    little(length).putLong(json.length);
    out.write(length);
    out.write(json);
    try {
      SavedNetwork.read(
          Embedder.find(model),
          shapes,
          values ->
              values.forEach(
                  (name, value) -> {
                    List<Long> shape = TorchLayout.there(name, shapes.get(name));
                    try {
                      out.write(bytes(TorchLayout.numbers(name, shape, value)));
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  }));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Returns float32 numbers as little-endian bytes. */
  static byte[] bytes(float[] numbers) {
    byte[] bytes = new byte[numbers.length * Float.BYTES];
    little(bytes).asFloatBuffer().put(numbers);
    return bytes;
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
