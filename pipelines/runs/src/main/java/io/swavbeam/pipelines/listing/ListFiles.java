package io.swavbeam.pipelines.listing;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.archive.walk.ArchiveReader;
import io.swavbeam.pipelines.archive.walk.Entry;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.deadletter.ElementLetters;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Patience;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A transform that lists the images of files, an output shard of neighbours at a time. Equal files
 * give equal output shards, whatever the runner and in every attempt.
 */
@Internal
@AutoValue
public abstract class ListFiles extends PTransform<PCollection<InputGroup>, ListImages.Result> {
  abstract ImageLimits limits();

  abstract SampleFields fields();

  abstract ListImages.GroupListener listener();

  abstract @Nullable Listings kept();

  /** The patience with the stores of a stream; null for a bounded input. */
  abstract @Nullable Patience patience();

  /** Returns whether a file without images is a dead letter, because it was given individually. */
  abstract boolean mustHoldImages();

  abstract Builder toBuilder();

  @AutoValue.Builder
  abstract static class Builder {
    abstract Builder setLimits(ImageLimits limits);

    abstract Builder setFields(SampleFields fields);

    abstract Builder setListener(ListImages.GroupListener listener);

    abstract Builder setKept(@Nullable Listings kept);

    abstract Builder setPatience(Patience patience);

    abstract Builder setMustHoldImages(boolean mustHoldImages);

    abstract ListFiles build();
  }

  /**
   * @param limits the limits on images
   * @param fields the fields of samples that are read
   */
  public static ListFiles of(ImageLimits limits, SampleFields fields) {
    return new AutoValue_ListFiles.Builder()
        .setLimits(limits)
        .setFields(fields)
        .setListener(ListImages.GroupListener.NONE)
        .setMustHoldImages(false)
        .build();
  }

  /** Sets a listener. */
  ListFiles withListener(ListImages.GroupListener listener) {
    return toBuilder().setListener(listener).build();
  }

  /**
   * Sets where listings are kept.
   *
   * @param kept the listings, or null
   */
  ListFiles withListings(@Nullable Listings kept) {
    return toBuilder().setKept(kept).build();
  }

  /** Sets that files are elements of a stream. Waits for stores that do not answer. */
  public ListFiles ofStream(Patience patience) {
    return toBuilder().setPatience(patience).build();
  }

  /** Sets that each file was given individually. A file without images is a dead letter then. */
  public ListFiles ofNamedFiles() {
    return toBuilder().setMustHoldImages(true).build();
  }

  @Override
  public ListImages.Result expand(PCollection<InputGroup> files) {
    TupleTag<OutputShard> shards = new TupleTag<>() {};
    TupleTag<ElementLetters> letters = new TupleTag<>() {};
    PCollectionTuple listed =
        files
            .apply("SpreadFiles", Reshuffle.viaRandomKey())
            .apply(
                "List",
                ParDo.of(new ListFn(this, shards, letters))
                    .withOutputTags(shards, TupleTagList.of(letters)));
    return new ListImages.Result(
        listed.get(shards).setCoder(RecordSchema.coder(OutputShard.class)),
        listed.get(letters).setCoder(RecordSchema.coder(ElementLetters.class)));
  }

  private static final class ListFn extends DoFn<InputGroup, OutputShard> {
    private final ListFiles settings;
    private final TupleTag<OutputShard> shards;
    private final TupleTag<ElementLetters> letters;
    private final Counter images = Metrics.counter("ListImages", "images");
    private final Counter sidecars = Metrics.counter("ListImages", "sidecars");
    private final Counter failures = Metrics.counter("ListImages", "failures");

    ListFn(ListFiles settings, TupleTag<OutputShard> shards, TupleTag<ElementLetters> letters) {
      this.shards = shards;
      this.letters = letters;
      this.settings = settings;
    }

    @ProcessElement
    public void process(@Element InputGroup group, MultiOutputReceiver output) throws IOException {
      if (settings.kept() != null) {
        listInto(settings.kept(), group, output);
        return;
      }
      Patience patience = settings.patience();
      Entries entries = new Entries(Formats.isInParts(group.firstFile()), output);
      for (InputFile file : group.load()) {
        entries.begin(file);
        if (patience == null) {
          entries.list(ArchiveReader.list(file, settings.limits(), settings.fields()));
        } else {
          patience.outlast(
              () -> {
                entries.beginAttempt();
                entries.list(ArchiveReader.list(file, settings.limits(), settings.fields()));
                return null;
              });
          if (settings.mustHoldImages()) {
            entries.requireImages();
          }
          output.get(letters).output(entries.letters());
        }
      }
      entries.emitShard();
      settings.listener().listed(group.id(), entries.images, entries.unusable, entries.beside);
    }

    /** Lists any number of images into a file. The output shards refer to it. */
    private void listInto(Listings kept, InputGroup group, MultiOutputReceiver output)
        throws IOException {
      long[] unusable = new long[1];
      try (Listing listing =
          kept.of(
              group,
              letter -> {
                unusable[0]++;
                output.get(letters).output(ElementLetters.of(letter));
              })) {
        listing.shards(group).forEach(output.get(shards)::output);
        SidecarCounts beside = listing.sidecars();
        images.inc(listing.images().size());
        failures.inc(unusable[0]);
        sidecars.inc(beside.total());
        settings.listener().listed(group.id(), listing.notes().images(), unusable[0], beside);
      }
    }

    /**
     * The entries of a group of files, which are collected into output shards. Equal files give
     * equal entries in the same order, so a repeated attempt continues after the entries of the
     * failed one.
     */
    private final class Entries {
      private final boolean inParts;
      private final MultiOutputReceiver output;
      private final List<StoredRef> shard = new ArrayList<>();
      private final List<DeadLetter> ofFile = new ArrayList<>();
      private final SidecarCounts beside = new SidecarCounts();
      private long images;
      private long unusable;
      private InputFile file;
      private boolean hasImages;
      private long seen;
      private long toSkip;

      /**
       * @param inParts whether each image is an output shard of its own
       */
      Entries(boolean inParts, MultiOutputReceiver output) {
        this.inParts = inParts;
        this.output = output;
      }

      void begin(InputFile next) {
        file = next;
        hasImages = false;
        seen = 0;
        toSkip = 0;
        ofFile.clear();
      }

      void beginAttempt() {
        toSkip = Math.max(toSkip, seen);
        seen = 0;
      }

      void requireImages() {
        if (!hasImages && ofFile.isEmpty()) {
          letter(
              new DeadLetter(
                  file.location().uri(),
                  file.name(),
                  "list",
                  "it is not an image, and contains none",
                  ErrorKind.NOT_AN_IMAGE));
        }
      }

      /** Returns the dead letters of the current file. */
      ElementLetters letters() {
        return new ElementLetters(file.location().uri(), ElementLetters.WHOLE, ofFile);
      }

      private boolean isNew() {
        return ++seen > toSkip;
      }

      void list(ArchiveReader archive) throws IOException {
        try (archive) {
          for (Entry entry = archive.next(); entry != null; entry = archive.next()) {
            if (entry instanceof Entry.Image image) {
              add(image.ref());
            } else if (entry instanceof Entry.Streamed streamed) {
              add(streamed.ref());
            } else if (isNew()) {
              other(entry);
            }
          }
        }
      }

      private void add(StoredRef ref) {
        hasImages = true;
        if (!isNew()) {
          return;
        }
        ListFn.this.images.inc();
        images += ref instanceof StreamedRef ? 0 : 1;
        if (wasNotListedBefore(ref)) {
          emitShard();
        }
        shard.add(ref);
        if (shard.size() == OutputShard.MAX_SIZE || inParts) {
          emitShard();
        }
      }

      /**
       * Returns whether an image is the first one after the end that the file had when it was
       * listed before. The images up to there make the same output shards as before, so none of
       * them is written twice.
       */
      private boolean wasNotListedBefore(StoredRef ref) {
        if (shard.isEmpty() || file.earlierLengths().isEmpty()) {
          return false;
        }
        long end = end(ref);
        long before = end(shard.get(shard.size() - 1));
        return file.earlierLengths().stream().anyMatch(length -> before <= length && length < end);
      }

      private static long end(StoredRef ref) {
        return ref.offset() + ref.length();
      }

      private void other(Entry entry) {
        if (entry instanceof Entry.Unusable unusable) {
          letter(unusable.letter());
        } else if (entry instanceof Entry.Sidecar sidecar) {
          sidecars.inc();
          beside.add(sidecar.name());
        }
      }

      private void letter(DeadLetter letter) {
        failures.inc();
        unusable++;
        if (settings.patience() == null) {
          output.get(letters).output(ElementLetters.of(letter));
        } else {
          ofFile.add(letter);
        }
      }

      void emitShard() {
        if (!shard.isEmpty()) {
          output.get(shards).output(OutputShard.of(shard));
          shard.clear();
        }
      }
    }
  }
}
