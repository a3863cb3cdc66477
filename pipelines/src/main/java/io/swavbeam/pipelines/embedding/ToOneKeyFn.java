package io.swavbeam.pipelines.embedding;

import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;

/** One key for all, so that a batch fills as fast as elements come; it is a moment's wait only. */
final class ToOneKeyFn<T> extends DoFn<T, KV<Integer, T>> {
  @ProcessElement
  public void process(@Element T element, OutputReceiver<KV<Integer, T>> output) {
    output.output(KV.of(0, element));
  }
}
