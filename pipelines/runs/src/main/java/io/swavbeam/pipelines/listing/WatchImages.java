package io.swavbeam.pipelines.listing;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.deadletter.DeadLetterFiles;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Patience;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A transform that lists the images in folders, and images that are added later. The images of each
 * file are listed once. A file is read when its length and modification time have not changed for a
 * time ({@link #withSettle}). Objects of a bucket appear whole, and are read at once. Hidden files
 * and files with names of incomplete files ({@code .part}, {@code .filepart}, {@code .partial},
 * {@code .crdownload}, {@code .tmp}, {@code ~}) are skipped. The results are unbounded.
 *
 * <p>If a store does not answer, the transform waits, with a warning in the log once a minute.
 *
 * <p>Metrics (namespace {@value #METRICS}): counter {@code passedOver}, files with names of
 * incomplete files.
 *
 * <pre>{@code
 * ListImages.Result result =
 *     pipeline.apply("Watch", WatchImages.in(List.of("/incoming"), Duration.ofSeconds(10)));
 * }</pre>
 */
@AutoValue
public abstract class WatchImages extends PTransform<PBegin, ListImages.Result> {
  /** The namespace of the metrics. */
  public static final String METRICS = "WatchImages";

  @SuppressWarnings("AutoValueImmutableFields") // a list of Java's own, copied
  abstract List<String> inputs();

  abstract Duration every();

  abstract Duration settle();

  abstract Duration maxBatchDuration();

  abstract ImageLimits limits();

  abstract SampleFields fields();

  abstract @Nullable Folder output();

  abstract Patience patience();

  abstract Builder toBuilder();

  @AutoValue.Builder
  abstract static class Builder {
    abstract Builder setInputs(List<String> inputs);

    abstract Builder setEvery(Duration every);

    abstract Builder setSettle(Duration settle);

    abstract Builder setMaxBatchDuration(Duration duration);

    abstract Builder setLimits(ImageLimits limits);

    abstract Builder setFields(SampleFields fields);

    abstract Builder setOutput(@Nullable Folder output);

    abstract Builder setPatience(Patience patience);

    abstract WatchImages build();
  }

  /**
   * Watches folders.
   *
   * @param inputs folders, with everything below them, or patterns; a folder of that name is
   *     preferred to a pattern
   * @param every interval between two checks, at least a millisecond
   * @throws io.swavbeam.model.error.KnownIOException in one line, if a folder does not exist
   * @throws IOException in one line, if a bucket does not exist
   */
  public static WatchImages in(List<String> inputs, Duration every) throws IOException {
    if (every.toMillis() < 1) {
      throw new IllegalArgumentException(
          "the interval between two looks must be at least a millisecond, not " + every);
    }
    List<String> absolute = new ArrayList<>();
    for (String input : InputFiles.names(inputs)) {
      InputFiles.requireWatchable(input);
      absolute.add(Stores.absolute(input));
    }
    return new AutoValue_WatchImages.Builder()
        .setInputs(List.copyOf(absolute))
        .setEvery(every)
        .setSettle(every)
        .setMaxBatchDuration(BatchFiles.MAX_DURATION)
        .setLimits(ImageLimits.DEFAULT)
        .setFields(SampleFields.DEFAULT)
        .setPatience(Patience.ENDLESS)
        .build();
  }

  /**
   * Sets how long the length and the time of a file have to stay the same before it is read. The
   * default is the interval between two looks.
   *
   * @param duration zero to read files as they are found, which is right if they are moved into the
   *     folder
   */
  public WatchImages withSettle(Duration duration) {
    return toBuilder().setSettle(duration).build();
  }

  /**
   * Sets the folder that {@code EmbeddingRun} writes to. It is excluded if it is below a watched
   * folder. A file with a dead letter in it is listed again when the file has changed.
   */
  public WatchImages withOutput(Folder folder) {
    return toBuilder().setOutput(folder).build();
  }

  /**
   * Sets after which time without an answer of a store the pipeline fails. By default it waits
   * forever.
   *
   * @param duration the time; zero to wait forever
   */
  public WatchImages withGiveUpAfter(Duration duration) {
    return toBuilder().setPatience(new Patience(duration)).build();
  }

  /**
   * Sets how long a single image waits at most for others to share an output shard with. The
   * default is five seconds. Archives do not wait.
   */
  public WatchImages withMaxBatchDuration(Duration duration) {
    return toBuilder().setMaxBatchDuration(duration).build();
  }

  /** Sets limits on images. Larger images are dead letters. */
  public WatchImages withLimits(ImageLimits limits) {
    return toBuilder().setLimits(limits).build();
  }

  /** Sets the fields of samples in archives that are read, as {@link ListImages#withFields}. */
  public WatchImages withFields(SampleFields fields) {
    return toBuilder().setFields(fields).build();
  }

  @Override
  public ListImages.Result expand(PBegin begin) {
    PCollectionTuple found =
        begin.apply("WatchFiles", new WatchFiles(inputs(), every(), output(), patience()));
    return found
        .get(WatchFiles.FILES)
        .apply("TakeFiles", new TakeFiles(settle(), DeadLetterFiles.of(output()), patience()))
        .apply("BatchFiles", new BatchFiles(maxBatchDuration()))
        .apply("ListFiles", ListFiles.of(limits(), fields()).ofStream(patience()))
        .with(found.get(WatchFiles.LETTERS));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder
        .add(DisplayData.item("inputs", String.join(",", inputs())).withLabel("Inputs"))
        .add(DisplayData.item("everyMillis", every().toMillis()).withLabel("Looks every"))
        .add(DisplayData.item("settleMillis", settle().toMillis()).withLabel("Settles in"));
  }
}
