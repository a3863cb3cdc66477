package io.swavbeam.pipelines.embedding;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.state.BagState;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.TimestampedValue;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Fills batches across bundles. A batch is output when it has enough elements or bytes, when its
 * first element has waited long enough, or when its window ends.
 *
 * <p>A batch has the timestamp of its earliest element, at which the watermark is held meanwhile.
 * So each element can be output with its own timestamp afterwards.
 */
final class FillBatchesFn<InputT>
    extends DoFn<KV<Integer, TimestampedValue<InputT>>, Iterable<TimestampedValue<InputT>>> {
  private static final String WAITING = "waiting";
  private static final String COUNT = "count";
  private static final String BYTES = "bytes";
  private static final String EARLIEST = "earliest";
  private static final String DUE = "due";
  private static final String END = "end";

  private final ImageInput<InputT, ?> input;
  private final int maxCount;
  private final Duration maxDuration;

  @StateId(WAITING)
  private final StateSpec<BagState<TimestampedValue<InputT>>> waitingSpec;

  @StateId(COUNT)
  private final StateSpec<ValueState<Integer>> countSpec = StateSpecs.value();

  @StateId(BYTES)
  private final StateSpec<ValueState<Long>> bytesSpec = StateSpecs.value();

  @StateId(EARLIEST)
  private final StateSpec<ValueState<Instant>> earliestSpec = StateSpecs.value();

  @TimerId(DUE)
  private final TimerSpec dueSpec = TimerSpecs.timer(TimeDomain.PROCESSING_TIME);

  @TimerId(END)
  private final TimerSpec endSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

  FillBatchesFn(
      ImageInput<InputT, ?> input,
      Coder<TimestampedValue<InputT>> coder,
      int maxCount,
      Duration maxDuration) {
    this.input = input;
    this.maxCount = maxCount;
    this.maxDuration = maxDuration;
    waitingSpec = StateSpecs.bag(coder);
  }

  /**
   * The watermark is held at the earliest element until its batch is output, so no element is late.
   */
  @Override
  @SuppressWarnings("deprecation") // Beam names no replacement
  public Duration getAllowedTimestampSkew() {
    return Duration.millis(Long.MAX_VALUE);
  }

  @ProcessElement
  public void process(
      @Element KV<Integer, TimestampedValue<InputT>> element,
      BoundedWindow window,
      @StateId(WAITING) BagState<TimestampedValue<InputT>> waiting,
      @StateId(COUNT) ValueState<Integer> count,
      @StateId(BYTES) ValueState<Long> bytes,
      @StateId(EARLIEST) ValueState<Instant> earliest,
      @TimerId(DUE) Timer due,
      @TimerId(END) Timer end,
      OutputReceiver<Iterable<TimestampedValue<InputT>>> output) {
    TimestampedValue<InputT> image = element.getValue();
    Instant before = earliest.read();
    if (before == null) {
      due.withNoOutputTimestamp().offset(maxDuration).setRelative(); // only END holds
    }
    if (before == null || image.getTimestamp().isBefore(before)) {
      earliest.write(image.getTimestamp());
      end.withOutputTimestamp(image.getTimestamp()).set(window.maxTimestamp());
    }
    waiting.add(image);
    int newCount = or0(count.read()) + 1;
    long newBytes = or0(bytes.read()) + input.waitingBytes(image.getValue());
    count.write(newCount);
    bytes.write(newBytes);
    if (newCount >= maxCount || newBytes >= EmbedImages.MAX_WAITING_BYTES) {
      flush(waiting, count, bytes, earliest, output);
      due.clear();
      end.withNoOutputTimestamp().set(window.maxTimestamp());
    }
  }

  private static int or0(Integer value) {
    return value == null ? 0 : value;
  }

  private static long or0(Long value) {
    return value == null ? 0 : value;
  }

  @OnTimer(DUE)
  public void due(
      BoundedWindow window,
      @StateId(WAITING) BagState<TimestampedValue<InputT>> waiting,
      @StateId(COUNT) ValueState<Integer> count,
      @StateId(BYTES) ValueState<Long> bytes,
      @StateId(EARLIEST) ValueState<Instant> earliest,
      @TimerId(END) Timer end,
      OutputReceiver<Iterable<TimestampedValue<InputT>>> output) {
    flush(waiting, count, bytes, earliest, output);
    end.withNoOutputTimestamp().set(window.maxTimestamp());
  }

  @OnTimer(END)
  public void end(
      @StateId(WAITING) BagState<TimestampedValue<InputT>> waiting,
      @StateId(COUNT) ValueState<Integer> count,
      @StateId(BYTES) ValueState<Long> bytes,
      @StateId(EARLIEST) ValueState<Instant> earliest,
      OutputReceiver<Iterable<TimestampedValue<InputT>>> output) {
    flush(waiting, count, bytes, earliest, output);
  }

  private static <InputT> void flush(
      BagState<TimestampedValue<InputT>> waiting,
      ValueState<Integer> count,
      ValueState<Long> bytes,
      ValueState<Instant> earliest,
      OutputReceiver<Iterable<TimestampedValue<InputT>>> output) {
    List<TimestampedValue<InputT>> batch = new ArrayList<>();
    waiting.read().forEach(batch::add);
    if (!batch.isEmpty()) {
      output.outputWithTimestamp(batch, earliest.read());
    }
    waiting.clear();
    count.clear();
    bytes.clear();
    earliest.clear();
  }
}
