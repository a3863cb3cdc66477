package io.swavbeam.app.embedding;

import io.swavbeam.app.command.Console;
import io.swavbeam.app.runner.PipelineRun;
import io.swavbeam.pipelines.kafka.ReadImagesFromKafka;
import io.swavbeam.pipelines.listing.WatchImages;
import java.util.concurrent.TimeUnit;
import org.apache.beam.sdk.PipelineResult;

/** Lines about a running stream, from the counters of its job. */
final class StreamNotes {
  private static final long AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Console console;
  private boolean imagesSaid;
  private long goneSaid;
  private long passedOverSaid;
  private long passedOverAt;

  StreamNotes(Console console) {
    this.console = console;
  }

  void show(PipelineResult result) {
    long messages = PipelineRun.counter(result, ReadImagesFromKafka.METRICS, "messages");
    long images = PipelineRun.counter(result, ReadImagesFromKafka.METRICS, "imageMessages");
    if (!imagesSaid && images > 0 && images == messages) {
      imagesSaid = true;
      console.say(
          "all %,d messages so far hold images, where paths or URIs were expected: --messages=images embeds them",
          images);
    }
    long gone = PipelineRun.counter(result, ReadImagesFromKafka.METRICS, "gone");
    if (gone > goneSaid) {
      goneSaid = gone;
      console.say("%,d messages were deleted from the topic before they were read", gone);
    }
    long passedOver = PipelineRun.counter(result, WatchImages.METRICS, "passedOver");
    if (passedOver > passedOverSaid
        && (passedOverSaid == 0 || System.nanoTime() - passedOverAt > AGAIN_NANOS)) {
      passedOverSaid = passedOver;
      passedOverAt = System.nanoTime();
      console.say(
          "%,d files are skipped: they are hidden, or have names of incomplete files", passedOver);
    }
  }
}
