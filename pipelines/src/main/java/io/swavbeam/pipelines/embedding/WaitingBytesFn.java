package io.swavbeam.pipelines.embedding;

import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.values.TimestampedValue;

/** What an element weighs while it waits for its batch. */
record WaitingBytesFn<InputT>(ImageInput<InputT, ?> input)
    implements SerializableFunction<TimestampedValue<InputT>, Long> {
  @Override
  public Long apply(TimestampedValue<InputT> element) {
    return input.waitingBytes(element.getValue());
  }
}
