package io.swavbeam.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.backbone.ResNetKind;
import io.swavbeam.model.testing.TorchFiles;
import io.swavbeam.model.testing.TorchFiles.Layout;
import io.swavbeam.model.testing.TorchFiles.Pickle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads valid weight files, and rejects invalid ones with clear errors. */
class WeightFileTest {
  private static final List<Float> ANY = List.of(0.5f, 0.5f, 0.5f);

  @TempDir private Path folder;

  private static float[] numbers(List<Long> shape, long seed) {
    float[] numbers =
        new float
            [Math.toIntExact(shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b))];
    Random random = new Random(seed);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  private Path network(Layout layout, String prefix) throws IOException {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    ResNetKind.RESNET18.shapes(2, false).forEach((name, shape) -> shapes.put(prefix + name, shape));
    shapes.put(prefix + "projection_head.weight", List.of(3L, 16L));
    shapes.put(prefix + "projection_head.bias", List.of(3L));
    shapes.put(prefix + "prototypes.prototypes0.weight", List.of(5L, 3L));
    shapes.put(prefix + "prototypes.prototypes1.weight", List.of(4L, 3L));
    shapes.put(prefix + "fc.bias", List.of(7L));
    return TorchFiles.write(
        layout,
        folder.resolve("network-%s-%d".formatted(layout, System.nanoTime())),
        shapes,
        name -> numbers(shapes.get(name), name.hashCode()));
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void readsANetworkOfEachLayout(Layout layout) throws IOException {
    try (WeightFile file = WeightFile.open(network(layout, "module.backbone."))) {
      PretrainedNetwork network = PretrainedNetwork.in(file, 1, ANY, ANY);
      assertThat(network.config().backbone()).isEqualTo("resnet18");
      assertThat(network.config().width()).isEqualTo(2);
      assertThat(network.config().hiddenDim()).isZero();
      assertThat(network.config().projectionDim()).isEqualTo(3);
      assertThat(network.config().prototypes()).isEqualTo(4);
      assertThat(network.heads()).isEqualTo(2);
      assertThat(network.leftOut()).containsExactly("fc.bias");
      String kernel = "layer2.0.conv1.weight";
      assertThat(network.weights().get(kernel).read())
          .isEqualTo(numbers(List.of(4L, 2L, 3L, 3L), ("module.backbone." + kernel).hashCode()));
    }
  }

  @Test
  void namesAHeadThatIsNotThere() throws IOException {
    try (WeightFile file = WeightFile.open(network(Layout.ZIP, ""))) {
      assertThatThrownBy(() -> PretrainedNetwork.in(file, 2, ANY, ANY))
          .isInstanceOf(InvalidWeightsException.class)
          .hasMessage("it has no set 2 of prototypes: take one of [0, 1]");
    }
  }

  /** Writes a ResNet-18 with other names, and other tensors besides. */
  private Path resNet(UnaryOperator<String> names, String... others) throws IOException {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    ResNetKind.RESNET18
        .shapes(2, false)
        .forEach((name, shape) -> shapes.put(names.apply(name), shape));
    for (String other : others) {
      shapes.put(other, List.of(3L));
    }
    return TorchFiles.write(
        Layout.SAFETENSORS,
        folder.resolve("named-%d.safetensors".formatted(System.nanoTime())),
        shapes,
        name -> numbers(shapes.get(name), name.hashCode()));
  }

  /** Any prefix of the names is detected. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "module.",
        "backbone.",
        "_orig_mod.",
        "_orig_mod.module.",
        "module.encoder_q.",
        "module.encoder.",
        "net.",
        "online_backbone.",
        "online_network.encoder.net.",
        "state_dict.model.visual.trunk.",
        "momentum_encoder.",
        "student_",
        "model|",
      })
  void findsThePrefixOfTheNames(String prefix) throws IOException {
    try (WeightFile file = WeightFile.open(resNet(name -> prefix + name, "queue", "head.0.bias"))) {
      PretrainedNetwork network = PretrainedNetwork.in(file, 0, ANY, ANY);
      assertThat(network.config().backbone()).isEqualTo("resnet18");
      assertThat(network.prefix()).isEqualTo(prefix.replaceFirst("\\.$", ""));
      assertThat(network.others()).isEmpty();
      assertThat(network.leftOut()).containsExactly("head.0.bias", "queue");
      assertThat(network.weights().get("conv1.weight").name()).isEqualTo(prefix + "conv1.weight");
    }
  }

  @Test
  void namesThatAreLeftOutAreFolded() {
    List<String> names =
        List.of("module.k.conv1.weight", "module.k.bn1.weight", "ema_bn1.bias", "fc.weight");
    assertThat(Folded.names(names, List.of("module.k", "ema_", "(no prefix)"), 20))
        .containsExactly("ema_* (1)", "module.k.* (2)", "fc.weight");
    assertThat(Folded.names(List.of("a.b", "a.c.d", "a.c.e", "a.f"), 2))
        .containsExactly("a.b", "a.c.* (2)", "1 more");
  }

  /** A network is preferred to its moving average. Between others, the choice is not clear. */
  @ParameterizedTest
  @CsvSource({
    "module.encoder_k., module.encoder_q., module.encoder_q",
    "backbone., momentum_backbone., backbone",
    "state_dict_ema., state_dict., state_dict",
    "target_network., online_network., online_network",
    "ema-, net-, net-",
    "student.backbone., teacher.backbone., -",
    "model.ema., other.ema., -",
  })
  void choosesAmongSeveralNetworks(String first, String second, String taken) throws IOException {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    for (String prefix : List.of(first, second)) {
      ResNetKind.RESNET18
          .shapes(2, false)
          .forEach((name, shape) -> shapes.put(prefix + name, shape));
    }
    Path path =
        TorchFiles.write(
            Layout.SAFETENSORS,
            folder.resolve("two"),
            shapes,
            name -> numbers(shapes.get(name), name.hashCode()));
    String one = first.replaceFirst("\\.$", "");
    String other = second.replaceFirst("\\.$", "");
    try (WeightFile file = WeightFile.open(path)) {
      if (taken.equals("-")) {
        assertThatThrownBy(() -> PretrainedNetwork.in(file, 0, ANY, ANY))
            .isInstanceOf(SeveralNetworksException.class)
            .hasMessage("it holds several networks: %s, %s".formatted(one, other));
      } else {
        PretrainedNetwork network = PretrainedNetwork.in(file, 0, ANY, ANY);
        assertThat(network.prefix()).isEqualTo(taken);
        assertThat(network.others()).containsExactly(taken.equals(one) ? other : one);
      }
      for (String wanted : List.of(one, first)) {
        assertThat(PretrainedNetwork.in(file, wanted, 0, ANY, ANY).prefix()).isEqualTo(one);
      }
      assertThatThrownBy(() -> PretrainedNetwork.in(file, "third", 0, ANY, ANY))
          .isInstanceOf(InvalidWeightsException.class)
          .hasMessage(
              "no network in it has the prefix third; there are: %s, %s".formatted(one, other));
    }
  }

  /** Two other conventions of names are mapped to torchvision's. */
  @ParameterizedTest
  @ValueSource(strings = {"hugging face", "sequence"})
  void readsOtherNamesOfTheSameNetwork(String kind) throws IOException {
    UnaryOperator<String> names =
        kind.equals("sequence") ? WeightFileTest::inSequence : WeightFileTest::inHuggingFace;
    try (WeightFile file = WeightFile.open(resNet(names, "classifier.1.bias"))) {
      PretrainedNetwork network = PretrainedNetwork.in(file, 0, ANY, ANY);
      assertThat(network.config().backbone()).isEqualTo("resnet18");
      assertThat(network.leftOut()).containsExactly("classifier.1.bias");
      network
          .weights()
          .forEach((name, tensor) -> assertThat(tensor.name()).isEqualTo(names.apply(name)));
    }
  }

  private static String inSequence(String name) {
    return "backbone."
        + name.replaceFirst("^conv1", "0")
            .replaceFirst("^bn1", "1")
            .replaceFirst("^layer1", "4")
            .replaceFirst("^layer2", "5")
            .replaceFirst("^layer3", "6")
            .replaceFirst("^layer4", "7");
  }

  private static String inHuggingFace(String name) {
    Matcher block =
        Pattern.compile("layer(\\d)\\.(\\d)\\.(conv|bn|downsample\\.)(\\d)\\.(.*)").matcher(name);
    if (!block.matches()) {
      return "resnet.embedder.embedder."
          + name.replaceFirst("^conv1", "convolution").replaceFirst("^bn1", "normalization");
    }
    int number = Integer.parseInt(block.group(4));
    boolean shortcut = block.group(3).equals("downsample.");
    boolean convolution = shortcut ? number == 0 : block.group(3).equals("conv");
    return "resnet.encoder.stages.%d.layers.%s.%s.%s.%s"
        .formatted(
            Integer.parseInt(block.group(1)) - 1,
            block.group(2),
            shortcut ? "shortcut" : "layer." + (number - 1),
            convolution ? "convolution" : "normalization",
            block.group(5));
  }

  @Test
  void readsANetworkInParts() throws IOException {
    Map<String, List<Long>> shapes = new LinkedHashMap<>(ResNetKind.RESNET18.shapes(2, false));
    List<String> names = new ArrayList<>(shapes.keySet());
    StringBuilder map = new StringBuilder();
    for (int part = 0; part < 2; part++) {
      String file = "model-0000%d-of-00002.safetensors".formatted(part + 1);
      Map<String, List<Long>> some = new LinkedHashMap<>();
      for (String name : names.subList(part * 50, part == 0 ? 50 : names.size())) {
        some.put(name, shapes.get(name));
        map.append(map.isEmpty() ? "" : ",").append("\"%s\":\"%s\"".formatted(name, file));
      }
      TorchFiles.write(
          Layout.SAFETENSORS,
          folder.resolve(file),
          some,
          name -> numbers(some.get(name), name.hashCode()));
    }
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(index, "{\"weight_map\":{%s}}".formatted(map));
    try (WeightFile file = WeightFile.open(index)) {
      assertThat(PretrainedNetwork.in(file, 0, ANY, ANY).weights()).hasSameSizeAs(names);
      assertThat(file.files()).hasSize(3);
    }
    assertThatThrownBy(() -> WeightFile.open(folder.resolve("model-00001-of-00002.safetensors")))
        .isInstanceOf(InvalidWeightsException.class)
        .hasMessageStartingWith("it is part 00001-of-00002 of a network: give the index");
    Files.writeString(index, "{\"weight_map\":{\"x\":\"../../etc/passwd\"}}");
    assertThatThrownBy(() -> WeightFile.open(index))
        .isInstanceOf(InvalidWeightsException.class)
        .hasMessage("its weight_map names '../../etc/passwd', which is not a file beside it");
    Files.writeString(index, "{\"weight_map\":{\"x\":\"missing.safetensors\"}}");
    assertThatThrownBy(() -> WeightFile.open(index))
        .isInstanceOf(InvalidWeightsException.class)
        .hasMessage("its part missing.safetensors is missing: put it into the same folder");
  }

  /** Builds a tensor of two numbers on the stack, without the end of its call. */
  private static Pickle tensor(Pickle pickle, String rebuild, String storage) {
    return arguments(pickle.global("torch._utils", rebuild), storage);
  }

  private static Pickle arguments(Pickle pickle, String storage) {
    boolean untyped = storage.equals("UntypedStorage");
    return pickle
        .op('(', '(')
        .text("storage")
        .global(untyped ? "torch.storage" : "torch", storage)
        .text("0")
        .text("cpu")
        .integer(untyped ? 4 : 2)
        .op('t', 'Q')
        .integer(0)
        .tuple(List.of(2L))
        .tuple(List.of(1L))
        .op(0x89)
        .global("collections", "OrderedDict")
        .op(')', 'R');
  }

  /** Everything that {@code torch.load(weights_only=True)} reads is read. */
  @Test
  void readsWhatPyTorchReadsWithWeightsOnly() throws IOException {
    byte[] storage = little(0x3c00, 0x4000);
    Pickle start = new Pickle().op(0x80, 2, '}').text("x");
    // A parameter with attributes.
    byte[] parameter =
        tensor(
                start.global("torch._utils", "_rebuild_parameter_with_state").op('('),
                "_rebuild_tensor_v2",
                "HalfStorage")
            .op('t', 'R', 0x88)
            .global("collections", "OrderedDict")
            .op(')', 'R', '}')
            .text("no_weight_decay")
            .op(0x88, 's', 't', 'R', 's', '.')
            .bytes();
    // A tensor with attributes: a function, a class, the function's arguments, the attributes.
    byte[] attributes =
        arguments(
                new Pickle()
                    .op(0x80, 2, '}')
                    .text("x")
                    .global("torch._tensor", "_rebuild_from_type_v2")
                    .op('(')
                    .global("torch._utils", "_rebuild_tensor_v2")
                    .global("torch", "Tensor"),
                "HalfStorage")
            .op('t', '}', 't', 'R', 's', '.')
            .bytes();
    // Bytes whose type is in the tensor.
    byte[] typed =
        tensor(new Pickle().op(0x80, 2, '}').text("x"), "_rebuild_tensor_v3", "UntypedStorage")
            .global("torch", "float16")
            .op('t', 'R', 's', '.')
            .bytes();
    for (byte[] pickle : List.of(parameter, attributes, typed)) {
      assertThat(x(zip(pickle, storage))).containsExactly(1f, 2f);
    }
    // Other values: versions, types, NumPy arrays in protocol 5, paths.
    byte[] others =
        tensor(
                new Pickle()
                    .op(0x80, 5, '}')
                    .text("torch")
                    .global("torch.torch_version", "TorchVersion")
                    .text("2.13.0")
                    .op(0x85, 0x81, 's')
                    .text("type")
                    .global("torch", "uint8")
                    .op('s')
                    .text("mean")
                    .global("numpy._core.numeric", "_frombuffer")
                    .op('(', 0x96)
                    .little(Long.BYTES, 2)
                    .op(1, 2)
                    .global("numpy.dtypes", "UInt8DType")
                    .op('t', 'R', 's')
                    .text("net")
                    .op('}')
                    .text("x"),
                "_rebuild_tensor_v2",
                "HalfStorage")
            .op('t', 'R', 's', 's', '.')
            .bytes();
    try (WeightFile file = WeightFile.open(zip(others, storage))) {
      assertThat(file.tensors()).containsOnlyKeys("net.x");
    }
  }

  @Test
  void aStrideOfZeroRepeatsANumber() throws IOException {
    byte[] two = little(0x3c00, 0x4000);
    assertThat(x(oneTensor("HalfStorage", two, 1, List.of(3L), List.of(0L))))
        .containsExactly(2, 2, 2);
  }

  /** Writes a zip of torch.save with a tensor x on a given storage. */
  private Path oneTensor(
      String type, byte[] storage, long offset, List<Long> shape, List<Long> strides)
      throws IOException {
    byte[] pickle =
        new Pickle()
            .op(0x80, 2)
            .op('}')
            .text("x")
            .global("torch._utils", "_rebuild_tensor_v2")
            .op('(', '(')
            .text("storage")
            .global("torch", type)
            .text("0")
            .text("cpu")
            .integer(storage.length)
            .op('t', 'Q')
            .integer(offset)
            .tuple(shape)
            .tuple(strides)
            .op(0x89)
            .global("collections", "OrderedDict")
            .op(')', 'R', 't', 'R', 's', '.')
            .bytes();
    return zip(pickle, storage);
  }

  private Path zip(byte[] pickle, byte[] storage) throws IOException {
    Path file = folder.resolve("zip-" + System.nanoTime());
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> part :
          Map.of("a/data.pkl", pickle, "a/data/0", storage).entrySet()) {
        ZipEntry entry = new ZipEntry(part.getKey());
        CRC32 crc = new CRC32();
        crc.update(part.getValue());
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(part.getValue().length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(part.getValue());
      }
    }
    return file;
  }

  private static byte[] little(int... halves) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Short.BYTES * halves.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int half : halves) {
      bytes.putShort((short) half);
    }
    return bytes.array();
  }

  private static float[] x(Path file) throws IOException {
    try (WeightFile opened = WeightFile.open(file)) {
      return opened.tensors().get("x").read();
    }
  }

  @Test
  void readsHalvesStridesAndParts() throws IOException {
    // 1, -2, the smallest subnormal, the largest number, 0.333...
    byte[] halves = little(0x3c00, 0xc000, 0x0001, 0x7bff, 0x3555);
    assertThat(x(oneTensor("HalfStorage", halves, 0, List.of(5L), List.of(1L))))
        .containsExactly(1f, -2f, 0x1p-24f, 65504f, 0.33325195f);
    byte[] wide = little(0x3f80, 0xc000, 0x4049);
    assertThat(x(oneTensor("BFloat16Storage", wide, 1, List.of(2L), List.of(1L))))
        .containsExactly(-2f, 3.140625f);
    // Transposed, after a number that does not belong to the tensor.
    byte[] matrix = little(0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600);
    assertThat(x(oneTensor("HalfStorage", matrix, 1, List.of(2L, 3L), List.of(1L, 2L))))
        .containsExactly(1, 3, 5, 2, 4, 6);
  }

  @Test
  void refusesWhatTheFileDoesNotHold() {
    byte[] two = little(0x3c00, 0x3c00);
    assertRefused(
        () -> oneTensor("HalfStorage", two, 0, List.of(3L), List.of(1L)),
        "x of the shape [3] is longer than its data in the file");
    assertRefused(
        () -> oneTensor("HalfStorage", two, 0, List.of(1L << 40), List.of(0L)),
        "x has 1,099,511,627,776 numbers: too many");
    assertRefused(
        () -> oneTensor("HalfStorage", two, 0, List.of(1L << 62, 4L), List.of(0L, 0L)),
        "x has the impossible shape [4611686018427387904, 4]");
    assertRefused(
        () -> oneTensor("HalfStorage", two, 3, List.of(0L), List.of(1L)),
        "x begins outside of its data");
    assertRefused(
        () -> oneTensor("HalfStorage", two, 1, List.of(1L), List.of(-1L)),
        "x has the shape [1] with strides [-1]");
    assertRefused(
        () -> oneTensor("HalfStorage", little(0x7c00), 0, List.of(1L), List.of(1L)),
        "x holds Infinity");
    assertRefused(
        () -> oneTensor("CharStorage", two, 0, List.of(1L), List.of(1L)),
        "x holds numbers of type I8, which are not weights");
  }

  @Test
  void runsNothingAndNamesWhatItWouldHaveRun() {
    assertRefused(
        () ->
            zip(
                new Pickle()
                    .op(0x80, 2)
                    .global("os", "system")
                    .text("touch /tmp/x")
                    .op(0x85, 'R', '.')
                    .bytes(),
                new byte[0]),
        "it names os.system, which weights do not need and which is not run: in PyTorch, save the"
            + " state_dict alone");
    assertRefused(
        () -> zip(new Pickle().op(0x80, 2, 'i').bytes(), new byte[0]),
        "its pickle has the opcode 0x69, which no weights need, at byte ");
    assertRefused(
        () -> zip(new Pickle().op(0x80, 2, '}', '}', 'R', '.').bytes(), new byte[0]),
        "its pickle ");
    assertRefused(
        () -> zip(new Pickle().op(0x80, 2, ']', 'q', 0, 'h', 0, 'a', '.').bytes(), new byte[0]),
        "it holds no state_dict");
  }

  /** A long key in a dictionary of thousands of tensors would be in memory thousands of times. */
  @Test
  void refusesNamesThatNoModuleHas() {
    assertRefused(
        () ->
            zip(
                tensor(
                        new Pickle()
                            .op(0x80, 2, '}')
                            .text("a".repeat(600))
                            .op('}')
                            .text("b".repeat(600)),
                        "_rebuild_tensor_v2",
                        "HalfStorage")
                    .op('t', 'R', 's', 's', '.')
                    .bytes(),
                little(0x3c00, 0x4000)),
        "it has a name of more than 1,000 characters, aaaaaaaa");
  }

  private interface Written {
    Path file() throws IOException;
  }

  private static void assertRefused(Written written, String message) {
    assertThatThrownBy(() -> x(written.file()))
        .isInstanceOf(InvalidWeightsException.class)
        .hasMessageStartingWith(message)
        .message()
        .hasLineCount(1);
  }

  @Test
  void saysWhatAFileIsThatHoldsNoWeights() throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "weights, weights, weights");
    assertThatThrownBy(() -> WeightFile.open(text))
        .isInstanceOf(InvalidWeightsException.class)
        .hasMessageStartingWith("it is neither a safetensors file nor one of torch.save");
    Path pointer =
        Files.writeString(
            folder.resolve("lfs.pth"),
            "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 94100312\n");
    assertThatThrownBy(() -> WeightFile.open(pointer))
        .isInstanceOf(InvalidWeightsException.class)
        .hasMessage("it is a pointer of Git LFS, not the file itself: `git lfs pull` fetches it");
    Path page = Files.writeString(folder.resolve("page.pth"), "\n<!DOCTYPE html><html>404</html>");
    assertThatThrownBy(() -> WeightFile.open(page))
        .isInstanceOf(InvalidWeightsException.class)
        .hasMessageStartingWith("it is a page of HTML");
    Path script = folder.resolve("script.pt");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(script))) {
      for (String name : List.of("s/data.pkl", "s/code/__torch__.py", "s/constants.pkl")) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(new byte[100]);
      }
    }
    assertThatThrownBy(() -> WeightFile.open(script))
        .isInstanceOf(InvalidWeightsException.class)
        .hasMessageStartingWith("it is TorchScript, a program");
    Path empty = Files.createFile(folder.resolve("empty"));
    assertThatThrownBy(() -> WeightFile.open(empty))
        .isInstanceOf(InvalidWeightsException.class)
        .hasMessage("it has only 0 bytes");
  }

  @ParameterizedTest
  @CsvSource({
    "patch_embed.proj.weight, 'it has patch_embed.proj.weight, so it is a vision transformer'",
    "conv1.0.weight, 'it has conv1.0.weight, a stem of several convolutions as in resnet50d'",
    "features.0.weight, 'it is not a residual network: conv1.weight is missing; it has features.0.weight'",
  })
  void namesOtherNetworks(String key, String message) throws IOException {
    Path file =
        TorchFiles.write(
            Layout.SAFETENSORS,
            folder.resolve("other"),
            Map.of(key, List.of(1L)),
            name -> new float[1]);
    try (WeightFile opened = WeightFile.open(file)) {
      assertThatThrownBy(() -> PretrainedNetwork.in(opened, 0, ANY, ANY))
          .isInstanceOf(InvalidWeightsException.class)
          .hasMessageStartingWith(message);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "layer1.0.se.fc1.weight, 'it has layer1.0.se.fc1.weight, which is not a part of a resnet18'",
    "projection_head.0.weight, 'projection_head.3.weight is missing'",
    "prototypes.weight, 'prototypes.weight has the shape [2], but a resnet18-small-stem needs'",
  })
  void leavesOutNothingThatWouldChangeTheFeatures(String key, String message) throws IOException {
    Map<String, List<Long>> shapes = new LinkedHashMap<>(ResNetKind.RESNET18.shapes(2, true));
    shapes.put(key, List.of(2L));
    Path file =
        TorchFiles.write(
            Layout.SAFETENSORS,
            folder.resolve("more"),
            shapes,
            name -> numbers(shapes.get(name), 1));
    try (WeightFile opened = WeightFile.open(file)) {
      assertThatThrownBy(() -> PretrainedNetwork.in(opened, 0, ANY, ANY))
          .isInstanceOf(InvalidWeightsException.class)
          .hasMessageStartingWith(message);
    }
  }

  /** Any damaged file gives a network or an error in one line. */
  @ParameterizedTest
  @EnumSource(Layout.class)
  @Tag("slow")
  void endsInOneLineWhateverIsDamaged(Layout layout) throws IOException {
    byte[] good = Files.readAllBytes(network(layout, "module."));
    Random random = new Random(layout.name().hashCode());
    Path file = folder.resolve("mutant");
    int read = 0;
    for (int i = 0; i < 5_000; i++) {
      Files.write(
          file,
          mutant(good, layout, i, random),
          StandardOpenOption.CREATE,
          StandardOpenOption.TRUNCATE_EXISTING);
      try (WeightFile opened = WeightFile.open(file)) {
        PretrainedNetwork network = PretrainedNetwork.in(opened, 0, ANY, ANY);
        for (StoredTensor tensor : network.weights().values()) {
          tensor.read();
        }
        read++;
      } catch (InvalidWeightsException e) {
        assertThat(e.getMessage()).as("mutant %d", i).hasLineCount(1);
      }
    }
    // Most bytes are numbers, and changed numbers are valid, too.
    assertThat(read).isBetween(1, 4_999);
  }

  /** Changes, cuts, duplicates or removes bytes. Every second mutation is in the structure. */
  private static byte[] mutant(byte[] good, Layout layout, int number, Random random) {
    int structure = layout == Layout.ZIP ? good.length : 8_000;
    int from = number % 2 == 0 && layout == Layout.ZIP ? good.length - 12_000 : 0;
    int to = number % 2 == 0 ? structure : good.length;
    int at = from + random.nextInt(to - from);
    byte[] mutant = good.clone();
    switch (random.nextInt(4)) {
      case 0 -> mutant[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
      case 1 -> {
        for (int i = at; i < Math.min(mutant.length, at + 1 + random.nextInt(8)); i++) {
          mutant[i] = (byte) random.nextInt();
        }
      }
      case 2 -> mutant = Arrays.copyOf(good, at);
      default -> {
        int length = 1 + random.nextInt(Math.min(64, good.length - at));
        int skip = random.nextBoolean() ? length : 0;
        ByteBuffer bytes = ByteBuffer.allocate(good.length + length - 2 * skip);
        bytes.put(good, 0, at + length - skip);
        bytes.put(good, at + skip, good.length - at - skip);
        mutant = bytes.array();
      }
    }
    return mutant;
  }

  @Test
  void theShapesAddUp() {
    assertThat(
            ResNetKind.RESNET50.shapes(64, false).values().stream()
                .mapToLong(
                    shape -> shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b))
                .sum())
        // torchvision's resnet50 without fc: 23,508,032 weights and 53,120 statistics.
        .isEqualTo(23_508_032 + 53_120);
  }
}
