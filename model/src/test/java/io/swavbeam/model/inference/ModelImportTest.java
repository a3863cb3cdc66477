package io.swavbeam.model.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.crops.CenterCrop;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.parity.Parity;
import io.swavbeam.model.parity.Safetensors;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.testing.TorchFiles;
import io.swavbeam.model.testing.TorchFiles.Layout;
import io.swavbeam.model.weights.PretrainedNetwork;
import io.swavbeam.model.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/** Compares imported networks with PyTorch on the same weights and images. */
class ModelImportTest {
  private static final String PARAMETER = "param.";
  private static final List<Float> MEAN = List.of(0.4914f, 0.4822f, 0.4465f);
  private static final List<Float> STD = List.of(0.2023f, 0.1994f, 0.2010f);
  private static final List<Float> IMAGENET_MEAN = List.of(0.485f, 0.456f, 0.406f);
  private static final List<Float> IMAGENET_STD = List.of(0.228f, 0.224f, 0.225f);

  @TempDir private Path folder;

  private Path imported(Path weights, int head, List<Float> mean, List<Float> std)
      throws IOException {
    Path model = folder.resolve("model-" + weights.getFileName() + head);
    try (WeightFile file = WeightFile.open(weights)) {
      PretrainedNetwork network = PretrainedNetwork.in(file, head, mean, std);
      ModelDescription description =
          ModelImport.describe(
              network,
              new WeightSource(weights.getFileName().toString(), "00", file.length(), head, ""),
              new EvaluationConfig(256, 224),
              0.1);
      ModelImport.write(network, description, model);
      assertThat(Embedder.describe(model)).isEqualTo(description);
    }
    return model;
  }

  /** Returns features, projections and scores of images, with the signature of the SavedModel. */
  private static Map<String, float[]> outputs(Path model, TUint8 images) {
    Map<String, float[]> outputs = new LinkedHashMap<>();
    try (SavedModelBundle bundle = SavedModelBundle.load(model.toString(), SavedNetwork.TAG);
        Result result = bundle.function("embed").call(Map.of(SavedNetwork.IMAGES, images))) {
      for (Map.Entry<String, Tensor> output : result) {
        outputs.put(output.getKey(), Tensors.floats((TFloat32) output.getValue()));
      }
    }
    return outputs;
  }

  @ParameterizedTest
  @CsvSource({
    "resnet18_quarter,LEGACY",
    "resnet50_quarter,LEGACY",
    "resnet50_quarter,ZIP",
    "resnet50_quarter,SAFETENSORS"
  })
  void agreesWithTheReferenceImplementation(String name, Layout layout) throws IOException {
    Safetensors fixture = Parity.open().tensors(name);
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    for (String tensor : fixture.names()) {
      if (tensor.startsWith(PARAMETER)) {
        shapes.put(
            "module." + tensor.substring(PARAMETER.length()),
            Arrays.stream(fixture.get(tensor).shape()).boxed().toList());
      }
    }
    Path file =
        TorchFiles.write(
            layout,
            folder.resolve("weights"),
            shapes,
            key -> fixture.get(key.replaceFirst("module\\.", PARAMETER)).floats());
    Safetensors.Array crops = fixture.get("crops.global");
    try (TUint8 images = Tensors.bytes(crops.bytes(), crops.shape())) {
      Map<String, float[]> outputs = outputs(imported(file, 0, MEAN, STD), images);
      assertThat(outputs).containsOnlyKeys("features", "projection", "scores");
      assertClose(outputs.get("features"), fixture.get("eval.features").floats());
      assertClose(outputs.get("projection"), fixture.get("eval.z").floats());
      assertClose(outputs.get("scores"), fixture.get("eval.scores").floats());
    }
  }

  /** Weight files of others, compared with PyTorch on some images. */
  @ParameterizedTest
  @CsvSource({
    "published.pth.tar,published,0",
    "checkpoint.pth.tar,checkpoint,0",
    "several_heads.pth.tar,several_heads,0",
    "several_heads.pth.tar,several_heads,1",
    "torchvision.safetensors,torchvision,0",
    "half_strided.pt,half_strided,0"
  })
  void agreesWithTheFilesOfOthers(String file, String name, int head) throws Exception {
    Path given = Path.of(System.getProperty("weights.dir", "")).toAbsolutePath();
    if (!Files.isRegularFile(given.resolve(file))) {
      System.out.println("SKIPPED: no weights of others at " + given + " (-Dweights.dir=...)");
    }
    assumeThat(given.resolve(file)).isRegularFile();
    Safetensors expected = new Safetensors(given.resolve("expected.safetensors"));
    Path model = imported(given.resolve(file), head, IMAGENET_MEAN, IMAGENET_STD);
    try (TUint8 images = middles(given.resolve("images.tar"))) {
      Map<String, float[]> outputs = outputs(model, images);
      outputs.forEach(
          (output, values) -> {
            String key = name + "." + output;
            if (!expected.names().contains(key)) {
              key += head;
            }
            assertClose(values, expected.get(key).floats());
          });
      assertThat(outputs.size()).isEqualTo(name.equals("torchvision") ? 1 : 3);
    }
  }

  /** Returns the central 224 pixels of PNGs of 256 pixels, as they are embedded. */
  private static TUint8 middles(Path tar) throws IOException, UndecodableImageException {
    List<byte[]> files = new ArrayList<>();
    try (TarArchiveInputStream in = new TarArchiveInputStream(Files.newInputStream(tar))) {
      while (in.getNextEntry() != null) {
        files.add(in.readAllBytes());
      }
    }
    TUint8 batch = TUint8.tensorOf(Shape.of(files.size(), 224, 224, 3));
    CenterCrop crop = new CenterCrop(new EvaluationConfig(256, 224));
    try (ImageDecoder decoder = new ImageDecoder(Alpha.WHITE)) {
      for (int i = 0; i < files.size(); i++) {
        try (TUint8 image = decoder.decode(files.get(i), ImageEncoding.FILE)) {
          crop.write(image, batch, i);
        }
      }
    }
    return batch;
  }

  private static void assertClose(float[] actual, float[] expected) {
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).as("number %d", i).isCloseTo(expected[i], within(1e-4f * largest));
    }
  }
}
