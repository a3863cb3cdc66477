package io.swavbeam.pipelines.listing;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.LabelSource;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.input.InputFiles;
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
 * Lists the images that are in folders, and those that come later: those of each file once, by its
 * name. A file has to come whole: written elsewhere, then moved there. The results are unbounded,
 * and have the tags of {@link ListImages}.
 *
 * <pre>{@code
 * PCollectionTuple listed =
 *     pipeline.apply("Watch", WatchImages.in(List.of("/incoming"), Duration.ofSeconds(10)));
 * }</pre>
 */
@AutoValue
public abstract class WatchImages extends PTransform<PBegin, PCollectionTuple> {
  @SuppressWarnings("AutoValueImmutableFields") // a list of Java's own, copied
  abstract List<InputFiles.Glob> globs();

  abstract Duration every();

  abstract Duration maxBatchDuration();

  abstract ImageLimits limits();

  abstract SampleFields fields();

  /**
   * Watches.
   *
   * @param inputs folders, with all below them, or patterns
   * @param every how often to look, at least a millisecond
   * @throws io.swavbeam.pipelines.input.InputException in one line if a folder does not exist
   */
  public static WatchImages in(List<String> inputs, Duration every) throws IOException {
    if (every.toMillis() < 1) {
      throw new IllegalArgumentException("nobody can look every " + every);
    }
    List<InputFiles.Glob> globs = new ArrayList<>();
    for (String input : inputs) {
      globs.add(InputFiles.watched(input));
    }
    return new AutoValue_WatchImages(
        List.copyOf(globs),
        every,
        BatchFiles.MAX_DURATION,
        ImageLimits.DEFAULT,
        SampleFields.DEFAULT);
  }

  /**
   * How long a single image waits for others to share an output shard with, at most; five seconds
   * without this. Archives do not wait.
   */
  public WatchImages withMaxBatchDuration(Duration duration) {
    return new AutoValue_WatchImages(globs(), every(), duration, limits(), fields());
  }

  /** Other limits on images: those beyond them are dead letters. */
  public WatchImages withLimits(ImageLimits limits) {
    return new AutoValue_WatchImages(globs(), every(), maxBatchDuration(), limits, fields());
  }

  /** Where labels stand beside images in a tar, as {@link ListImages#withLabels}. */
  public WatchImages withLabels(String labels) {
    return withFields(fields().withLabel(LabelSource.parse(labels)));
  }

  /**
   * The columns of Parquet files that hold images and labels; null leaves the choice to their names
   * and types.
   */
  public WatchImages withColumns(@Nullable String image, @Nullable String label) {
    return withFields(fields().withColumns(image, label));
  }

  private WatchImages withFields(SampleFields fields) {
    return new AutoValue_WatchImages(globs(), every(), maxBatchDuration(), limits(), fields);
  }

  @Override
  public PCollectionTuple expand(PBegin begin) {
    return begin
        .apply("WatchFiles", new WatchFiles(globs(), every()))
        .apply("BatchFiles", new BatchFiles(maxBatchDuration()))
        .apply("ListFiles", ListFiles.of(limits(), fields(), ListImages.Tally.NONE));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    globs()
        .forEach(
            glob -> builder.add(DisplayData.item("pattern", glob.pattern()).withLabel("Pattern")));
    builder.add(DisplayData.item("everyMillis", every().toMillis()).withLabel("Looks every"));
  }
}
