package io.swavbeam.model.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.layers.Parameters;
import io.swavbeam.model.parity.Safetensors;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.parity.TorchLayout;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/** Loads an exported model in other software. */
class ExportTest {
  private static final int IMAGES = 3;
  private static final int SIDE = 40;

  @TempDir private Path folder;

  /** Writes a model with random weights and statistics. */
  private Path model(NetworkConfig network) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    ModelDescription description =
        new ModelDescription(
            "any",
            new EvaluationConfig(SIDE, SIDE),
            0.1,
            network.prototypes(),
            DecodingConfig.FIRST,
            network,
            null);
    SavedNetwork.export(ExportTest::fill, description, model);
    return model;
  }

  private static void fill(Session session, Parameters parameters) {
    Random random = new Random(1);
    Map<String, TFloat32> values = new LinkedHashMap<>();
    parameters
        .all()
        .forEach(
            (name, variable) -> {
              float[] numbers = new float[(int) variable.shape().size()];
              double width = Math.sqrt(2.0 * variable.shape().get(-1) / numbers.length);
              for (int i = 0; i < numbers.length; i++) {
                numbers[i] =
                    name.endsWith("running_var")
                        ? 0.5f + random.nextFloat()
                        : (float) (random.nextGaussian() * Math.min(0.5, width));
              }
              TFloat32 value = TFloat32.tensorOf(variable.shape());
              value.asRawTensor().data().asFloats().write(numbers);
              values.put(name, value);
            });
    parameters.set(session, values);
    values.values().forEach(TFloat32::close);
  }

  private Path written(Path model, String name, Writer writer) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(file)) {
      writer.write(model, out);
    }
    return file;
  }

  private interface Writer {
    void write(Path model, OutputStream out) throws IOException;
  }

  private static byte[] pixels() {
    byte[] pixels = new byte[IMAGES * SIDE * SIDE * 3];
    new Random(2).nextBytes(pixels);
    return pixels;
  }

  private static Map<String, float[]> ours(Path model) {
    Map<String, float[]> outputs = new LinkedHashMap<>();
    try (TUint8 images = Tensors.bytes(pixels(), IMAGES, SIDE, SIDE, 3);
        SavedModelBundle bundle = SavedModelBundle.load(model.toString(), "serve");
        Result result = bundle.function("embed").call(Map.of("images", images))) {
      for (Map.Entry<String, Tensor> output : result) {
        outputs.put(output.getKey(), Tensors.floats((TFloat32) output.getValue()));
      }
    }
    return outputs;
  }

  private static Map<String, float[]> onnx(Path file) throws OrtException {
    Map<String, float[]> outputs = new LinkedHashMap<>();
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    ByteBuffer pixels = ByteBuffer.allocateDirect(IMAGES * SIDE * SIDE * 3).put(pixels()).flip();
    try (OrtSession session = environment.createSession(file.toString());
        OnnxTensor images =
            OnnxTensor.createTensor(
                environment, pixels, new long[] {IMAGES, SIDE, SIDE, 3}, OnnxJavaType.UINT8);
        OrtSession.Result result = session.run(Map.of("images", images))) {
      for (Map.Entry<String, OnnxValue> output : result) {
        FloatBuffer buffer = ((OnnxTensor) output.getValue()).getFloatBuffer();
        float[] numbers = new float[buffer.remaining()];
        buffer.get(numbers);
        outputs.put(output.getKey(), numbers);
      }
    }
    return outputs;
  }

  private static NetworkConfig network(
      String backbone, int width, int hidden, int projection, int prototypes) {
    List<Float> mean = List.of(0.4f, 0.5f, 0.6f);
    List<Float> std = List.of(0.2f, 0.3f, 0.25f);
    return new NetworkConfig(backbone, width, hidden, projection, prototypes, mean, std);
  }

  @ParameterizedTest
  @CsvSource({"four-conv,4,8,6,5", "resnet18,4,0,6,5", "resnet18-small-stem,4,0,0,5"})
  void onnxRuntimeComputesTheSame(
      String backbone, int width, int hidden, int projection, int prototypes) throws Exception {
    Path model = model(network(backbone, width, hidden, projection, prototypes));
    Map<String, float[]> expected = ours(model);
    Map<String, float[]> found = onnx(written(model, "model.onnx", OnnxExport::write));
    assertThat(found).containsOnlyKeys(expected.keySet());
    expected.forEach(
        (output, numbers) -> {
          float largest = 0;
          for (float number : numbers) {
            largest = Math.max(largest, Math.abs(number));
          }
          assertThat(largest).as(output).isPositive();
          assertThat(found.get(output)).as(output).hasSameSizeAs(numbers);
          for (int i = 0; i < numbers.length; i++) {
            assertThat(found.get(output)[i])
                .as("%s %d", output, i)
                .isCloseTo(numbers[i], within(1e-4f * largest));
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"resnet34,2,8,6,0", "resnet50,2,8,6,5", "resnet101,2,0,0,0"})
  @Tag("slow")
  void onnxRuntimeComputesTheSameOfDeepNetworks(
      String backbone, int width, int hidden, int projection, int prototypes) throws Exception {
    onnxRuntimeComputesTheSame(backbone, width, hidden, projection, prototypes);
  }

  @ParameterizedTest
  @CsvSource({"resnet18,2,8,6,5", "four-conv,4,8,6,5"})
  void safetensorsHoldTheWeightsAsPyTorchHasThem(
      String backbone, int width, int hidden, int projection, int prototypes) throws IOException {
    NetworkConfig network = network(backbone, width, hidden, projection, prototypes);
    Path model = model(network);
    Safetensors file =
        new Safetensors(written(model, "model.safetensors", SafetensorsExport::write));
    assertThat(file.names()).containsExactlyElementsOf(SavedNetwork.shapes(network).keySet());
    SavedNetwork.read(
        model,
        SavedNetwork.shapes(network),
        values ->
            values.forEach(
                (name, value) ->
                    assertThat(TorchLayout.ours(name, file.get(name)))
                        .as(name)
                        .isEqualTo(Tensors.floats(value))));
    if (backbone.startsWith("resnet")) {
      assertThat(file.get("layer1.0.conv2.weight").shape()).containsExactly(2, 2, 3, 3);
      assertThat(file.get("projection_head.0.weight").shape()).containsExactly(8, 16);
      assertThat(file.get("prototypes.weight").shape()).containsExactly(5, 6);
    }
  }
}
