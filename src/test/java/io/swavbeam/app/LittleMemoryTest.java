package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.embedding.EmbedImages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/** A batch that the device has no memory for: for real, in a process whose memory is limited. */
@Tag("slow")
@EnabledOnOs(OS.LINUX) // the limit is Linux's
class LittleMemoryTest {
  private static final int IMAGES = 4096;
  private static final int CHANNELS = 64; // times red, green and blue

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"--runner=DirectRunner", "--runner=FlinkRunner"})
  void batchesAreHalvedAndNoImageIsLost(String runner) throws Exception {
    Path model = thirsty(Files.createDirectories(folder.resolve("model")));
    ProcessBuilder child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-Xms512m",
                "-XX:TieredStopAtLevel=1",
                "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
                "-Dorg.bytedeco.javacpp.maxbytes=0",
                "-cp",
                Commands.classPath(),
                Limited.class.getName(),
                model.toString(),
                runner)
            .redirectErrorStream(true);
    child.environment().put("MALLOC_ARENA_MAX", "1");

    Process process = child.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said).contains("without a limit: 1 images, 0 halvings");
    assertThat(said).containsPattern("with one: %d images, [1-9]\\d* halvings".formatted(IMAGES));
  }

  /**
   * A network whose ops look whether they got the memory that they asked for. TensorFlow's
   * convolutions on a CPU do not: there, the process ends.
   */
  private static Path thirsty(Path folder) throws IOException {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Placeholder<TUint8> images =
          tf.withName("images")
              .placeholder(TUint8.class, Placeholder.shape(Shape.of(-1, -1, -1, 3)));
      Operand<TFloat32> wide =
          tf.tile(
              tf.dtypes.cast(images, TFloat32.class), tf.constant(new int[] {1, 1, 1, CHANNELS}));
      Operand<TFloat32> features = tf.math.mean(wide, tf.constant(new int[] {1, 2}));
      Variable<TFloat32> variable = tf.variable(tf.constant(1f));
      try (Session session = new Session(graph)) {
        session.runner().addTarget(tf.assign(variable, tf.constant(1f))).run().close();
        SavedModelBundle.exporter(folder.toString())
            .withTags("serve")
            .withSession(session)
            .withSignature(
                Signature.builder("embed")
                    .input("images", images)
                    .output("features", features)
                    .output("projection", tf.identity(features))
                    .output("scores", tf.identity(features))
                    .build())
            .export();
      }
    }
    Files.writeString(
        folder.resolve("swav.json"),
        """
        {"id": "swav-0123456789ab-step-1", "evaluation": {"resize": 16, "imageSize": 16},
         "temperature": 0.1, "prototypes": 3, "decoding": {"version": 2, "alpha": "white"}}
        """);
    return folder;
  }

  /** What runs there. */
  static final class Limited {
    // What 4,096 images become takes 805 MB, so they fail at once; what 2,048 become takes 403 MB,
    // and
    // leaves some 200 MB for what else asks for addresses meanwhile: Java's metaspace takes them 64
    // MB
    // at a time, and code that gets none ends the process.
    private static final long LEFT = 600L << 20;

    private Limited() {}

    public static void main(String[] arguments) throws Exception {
      // Loads all that is needed beside the batches.
      System.out.println("without a limit: " + embed(arguments, 1));
      long size =
          Files.readAllLines(Path.of("/proc/self/status")).stream()
              .filter(line -> line.startsWith("VmSize:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
              .findFirst()
              .orElseThrow();
      int limited =
          new ProcessBuilder(
                  "prlimit", "--pid=" + ProcessHandle.current().pid(), "--as=" + (size + LEFT))
              .inheritIO()
              .start()
              .waitFor();
      assertThat(limited).isZero();
      System.out.println("with one: " + embed(arguments, IMAGES));
    }

    private static String embed(String[] arguments, int count) {
      Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.fromArgs(arguments[1]).create());
      pipeline
          .apply(Create.of(count))
          .apply(ParDo.of(new ImagesFn())) // one bundle
          .setCoder(KvCoder.of(VarIntCoder.of(), ByteArrayCoder.of()))
          .apply(EmbedImages.<Integer>ofBytes(arguments[0]).withBatchSize(IMAGES));
      PipelineResult result = pipeline.run();
      result.waitUntilFinish();
      return "%d images, %d halvings"
          .formatted(counter(result, "num_inferences"), counter(result, "batch_size_halvings"));
    }

    private static final class ImagesFn extends DoFn<Integer, KV<Integer, byte[]>> {
      @ProcessElement
      public void process(@Element Integer count, OutputReceiver<KV<Integer, byte[]>> output) {
        byte[] jpeg = TestImages.jpeg(1, 16, 16);
        for (int i = 0; i < count; i++) {
          output.output(KV.of(i, jpeg));
        }
      }
    }

    private static long counter(PipelineResult result, String name) {
      long sum = 0;
      for (var counter :
          result
              .metrics()
              .queryMetrics(
                  MetricsFilter.builder()
                      .addNameFilter(MetricNameFilter.named(EmbedImages.METRICS, name))
                      .build())
              .getCounters()) {
        sum += counter.getAttempted();
      }
      return sum;
    }
  }
}
