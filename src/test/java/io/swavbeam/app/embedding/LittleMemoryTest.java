package io.swavbeam.app.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.embedding.EmbedImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;

/** A batch that exceeds the memory of TensorFlow, on both runners. */
@Tag("slow") // its allocator waits for ten seconds
class LittleMemoryTest {
  private static final int IMAGES = 64;
  private static final int FITS = 32;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"--runner=DirectRunner", "--runner=FlinkRunner"})
  void batchesAreHalvedAndNoImageIsLost(String runner) throws Exception {
    Path model = thirsty(Files.createDirectories(folder.resolve("model")));
    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.fromArgs(runner).create());
    pipeline
        .apply(Create.of(IMAGES))
        .apply(ParDo.of(new ImagesFn())) // one bundle
        .setCoder(KvCoder.of(VarIntCoder.of(), ByteArrayCoder.of()))
        .apply(EmbedImages.<Integer>ofBytes(model.toString()).withBatchSize(IMAGES));
    PipelineResult result = pipeline.run();
    result.waitUntilFinish();

    assertThat(counter(result, "num_inferences")).isEqualTo(IMAGES);
    assertThat(counter(result, "batch_size_halvings")).isOne(); // 64, 32
  }

  /**
   * Writes a network for batches of at most {@link #FITS} images. Each further image requests 2^47
   * bytes, the address space of a process, so TensorFlow fails on every machine.
   */
  private static Path thirsty(Path folder) throws IOException {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Placeholder<TUint8> images =
          tf.withName("images")
              .placeholder(TUint8.class, Placeholder.shape(Shape.of(-1, -1, -1, 3)));
      Operand<TFloat32> means =
          tf.math.mean(tf.dtypes.cast(images, TFloat32.class), tf.constant(new int[] {1, 2}));
      Operand<TInt64> batch =
          tf.reshape(tf.shape.size(images, tf.constant(0L), TInt64.class), tf.constant(new int[0]));
      Operand<TInt64> tooMany =
          tf.math.maximum(tf.math.sub(batch, tf.constant((long) FITS)), tf.constant(0L));
      Operand<TFloat32> thirst =
          tf.fill(tf.stack(List.of(tooMany, tf.constant(1L << 45))), tf.constant(0f));
      Operand<TFloat32> features =
          tf.math.add(means, tf.reduceSum(thirst, tf.constant(new int[] {0, 1})));
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
