package io.swavbeam.model.monitoring;

import com.google.protobuf.ByteString;
import io.swavbeam.model.tensorflow.Sessions;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import javax.imageio.ImageIO;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.Event;
import org.tensorflow.proto.HistogramProto;
import org.tensorflow.proto.SessionLog;
import org.tensorflow.proto.Summary;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TType;

/** A writer of event files for TensorBoard, which uses TensorFlow's writer. */
final class TensorBoard implements AutoCloseable {
  private static final int QUEUE = 100;
  private static final int FLUSH_MILLIS = 10_000;
  private static final int BUCKETS = 30;

  private final Graph graph = new Graph();
  private final Session session;
  private final Placeholder<TString> event;
  private final Op write;
  private final Op close;

  /**
   * Begins an event file.
   *
   * @param folder the folder, which exists
   * @param step the step to continue with; TensorBoard discards later steps of earlier files
   */
  TensorBoard(Path folder, long step) {
    Ops tf = Ops.create(graph);
    Operand<? extends TType> writer = tf.summary.summaryWriter();
    Op open =
        tf.summary.createSummaryFileWriter(
            writer,
            tf.constant(folder.toString()),
            tf.constant(QUEUE),
            tf.constant(FLUSH_MILLIS),
            tf.constant(""));
    event = tf.placeholder(TString.class);
    write = tf.summary.importEvent(writer, event);
    close = tf.summary.closeSummaryWriter(writer);
    session = Sessions.openSmall(graph);
    session.run(open);
    if (step > 0) {
      write(
          event(step)
              .setSessionLog(SessionLog.newBuilder().setStatus(SessionLog.SessionStatus.START)));
    }
  }

  /** Writes numbers by their names. */
  void scalars(long step, Map<String, Double> values) {
    Summary.Builder summary = Summary.newBuilder();
    values.forEach(
        (tag, value) -> summary.addValueBuilder().setTag(tag).setSimpleValue(value.floatValue()));
    write(event(step).setSummary(summary));
  }

  /** Writes a histogram of counts, with buckets of equal width. */
  void histogram(long step, String tag, int[] counts) {
    int largest = Math.max(1, Arrays.stream(counts).max().orElse(0));
    double width = (largest + 1.0) / BUCKETS;
    double[] buckets = new double[BUCKETS];
    double squares = 0;
    for (int count : counts) {
      buckets[(int) (count / width)]++;
      squares += (double) count * count;
    }
    HistogramProto.Builder histogram =
        HistogramProto.newBuilder()
            .setMin(Arrays.stream(counts).min().orElse(0))
            .setMax(largest)
            .setNum(counts.length)
            .setSum(Arrays.stream(counts).asDoubleStream().sum())
            .setSumSquares(squares);
    for (int i = 0; i < BUCKETS; i++) {
      histogram.addBucketLimit((i + 1) * width).addBucket(buckets[i]);
    }
    write(
        event(step)
            .setSummary(
                Summary.newBuilder()
                    .addValue(Summary.Value.newBuilder().setTag(tag).setHisto(histogram))));
  }

  /** Writes a picture. */
  void image(long step, String tag, BufferedImage picture) throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(picture, "png", png);
    Summary.Image.Builder image =
        Summary.Image.newBuilder()
            .setHeight(picture.getHeight())
            .setWidth(picture.getWidth())
            .setColorspace(picture.getColorModel().getNumComponents())
            .setEncodedImageString(ByteString.copyFrom(png.toByteArray()));
    write(
        event(step)
            .setSummary(
                Summary.newBuilder()
                    .addValue(Summary.Value.newBuilder().setTag(tag).setImage(image))));
  }

  private static Event.Builder event(long step) {
    return Event.newBuilder().setWallTime(System.currentTimeMillis() / 1e3).setStep(step);
  }

  private void write(Event.Builder built) {
    byte[] bytes = built.build().toByteArray();
    try (TString fed = TString.tensorOfBytes(NdArrays.scalarOfObject(bytes))) {
      session.runner().feed(event, fed).addTarget(write).run().close();
    }
  }

  /** Flushes, and closes the file. */
  @Override
  public void close() {
    session.run(close);
    session.close();
    graph.close();
  }
}
