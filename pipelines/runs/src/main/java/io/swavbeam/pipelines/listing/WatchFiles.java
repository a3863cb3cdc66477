package io.swavbeam.pipelines.listing;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.deadletter.ElementLetters;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Patience;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;
import org.apache.beam.sdk.transforms.Contextful;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Requirements;
import org.apache.beam.sdk.transforms.Values;
import org.apache.beam.sdk.transforms.Watch;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;

/**
 * A transform that looks for files repeatedly, in the same way as {@link InputFiles} for all
 * inputs. Each state of a file is found once. Files with names of incomplete files are skipped and
 * counted ({@code passedOver} in namespace {@value WatchImages#METRICS}).
 */
final class WatchFiles extends PTransform<PBegin, PCollectionTuple> {
  /** The files. */
  static final TupleTag<InputFile> FILES = new TupleTag<>() {};

  /** The dead letters of entries that are no readable files. */
  static final TupleTag<ElementLetters> LETTERS = new TupleTag<>() {};

  /** Names of incomplete files of other programs, and of hidden files. */
  private static final Pattern UNFINISHED =
      Pattern.compile(
          "(?i)(^|.*/)(\\.[^/]*(/.*)?|[^/]*(~|\\.(part|filepart|partial|crdownload|tmp)))");

  private final List<String> inputs;
  private final Duration every;
  private final @Nullable Folder without;
  private final Patience patience;

  /**
   * @param without a folder to skip, or null
   */
  WatchFiles(List<String> inputs, Duration every, @Nullable Folder without, Patience patience) {
    this.inputs = inputs;
    this.every = every;
    this.without = without;
    this.patience = patience;
  }

  /**
   * An entry that was found. Exactly one of the two components is set.
   *
   * @param file the file, or null
   * @param letter the dead letter of an entry that is not a readable file, or null
   */
  @DefaultSchema(RecordSchema.class)
  record Sighting(@Nullable InputFile file, @Nullable DeadLetter letter) implements Serializable {
    /** Returns a key that is equal for equal sightings. */
    String key() {
      if (letter != null) {
        return letter.toJson();
      }
      return isUnfinished(file.name())
          ? file.location().uri()
          : "%s\0%s\0%d".formatted(file.location().uri(), file.version(), file.length());
    }
  }

  static boolean isUnfinished(String name) {
    return UNFINISHED.matcher(name).matches();
  }

  @Override
  public PCollectionTuple expand(PBegin begin) {
    PCollectionTuple sorted =
        begin
            .apply(
                "Inputs", Create.of(List.of(inputs)).withCoder(ListCoder.of(StringUtf8Coder.of())))
            .apply(
                "Look",
                Watch.growthOf(
                        Contextful.of(new LookFn(without, patience), Requirements.empty()),
                        Sighting::key)
                    .withOutputKeyCoder(StringUtf8Coder.of())
                    .withOutputCoder(RecordSchema.coder(Sighting.class))
                    .withPollInterval(org.joda.time.Duration.millis(every.toMillis()))
                    .withTerminationPerInput(Watch.Growth.never()))
            .apply("Sightings", Values.create())
            .apply("Sort", ParDo.of(new SortFn()).withOutputTags(FILES, TupleTagList.of(LETTERS)));
    sorted.get(FILES).setCoder(RecordSchema.coder(InputFile.class));
    sorted.get(LETTERS).setCoder(RecordSchema.coder(ElementLetters.class));
    return sorted;
  }

  private static final class LookFn extends Watch.Growth.PollFn<List<String>, Sighting> {
    private final @Nullable Folder without;
    private final Patience patience;

    LookFn(@Nullable Folder without, Patience patience) {
      this.without = without;
      this.patience = patience;
    }

    @Override
    public Watch.Growth.PollResult<Sighting> apply(List<String> inputs, Context context) {
      List<Sighting> found = new ArrayList<>();
      Instant now = Instant.now();
      for (String input : inputs) { // an input that is not available must not hide the others
        try {
          InputFiles.look(List.of(input), new Finder(found));
          Patience.answered(Stores.store(input));
        } catch (StoreUnavailableException e) {
          patience.failed(e.store(), e);
        } catch (IOException e) {
          // A folder that existed at the start: it was unmounted, or moved temporarily.
          patience.failed(Stores.store(input), e);
        }
      }
      return Watch.Growth.PollResult.incomplete(now, found).withWatermark(now);
    }

    private final class Finder implements InputFiles.Visitor {
      private final List<Sighting> found;

      Finder(List<Sighting> found) {
        this.found = found;
      }

      @Override
      public void file(InputFile file) {
        if (without == null || !without.holds(file.location())) {
          found.add(new Sighting(file, null));
        }
      }

      @Override
      public void deadLetter(DeadLetter letter) {
        found.add(new Sighting(null, letter));
      }
    }
  }

  private static final class SortFn extends DoFn<Sighting, InputFile> {
    private final Counter passedOver = Metrics.counter(WatchImages.METRICS, "passedOver");

    @ProcessElement
    public void process(@Element Sighting sighting, MultiOutputReceiver output) {
      InputFile file = sighting.file();
      DeadLetter letter = sighting.letter();
      if (letter != null) {
        output
            .get(LETTERS)
            .output(new ElementLetters(letter.source(), ElementLetters.WHOLE, List.of(letter)));
      } else if (isUnfinished(file.name())) {
        passedOver.inc();
      } else {
        output.get(FILES).output(file);
      }
    }
  }
}
