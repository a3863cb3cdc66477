package io.swavbeam.pipelines.training;

import org.apache.beam.sdk.io.range.OffsetRange;
import org.apache.beam.sdk.transforms.splittabledofn.OffsetRangeTracker;
import org.apache.beam.sdk.transforms.splittabledofn.SplitResult;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A tracker of an offset range that supports checkpoints but no splits, so that its end cannot be
 * processed early.
 */
final class OrderedTracker extends OffsetRangeTracker {
  OrderedTracker(OffsetRange range) {
    super(range);
  }

  @Override
  public @Nullable SplitResult<OffsetRange> trySplit(double fractionOfRemainder) {
    return fractionOfRemainder == 0 ? super.trySplit(fractionOfRemainder) : null;
  }
}
