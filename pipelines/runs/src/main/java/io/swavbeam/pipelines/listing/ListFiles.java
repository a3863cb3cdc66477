package io.swavbeam.pipelines.listing;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.InputRef;
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
import org.apache.beam.sdk.transforms.FlatMapElements;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.InferableFunction;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Lists the images of files, an output shard of neighbours at a time. Equal files give equal output
 * shards, whatever the runner and in every attempt. The results have the tags of {@link
 * ListImages}.
 */
@Internal
@AutoValue
public abstract class ListFiles extends PTransform<PCollection<InputGroup>, PCollectionTuple> {
  abstract ImageLimits limits();

  abstract SampleFields fields();

  abstract ListImages.Tally tally();

  abstract @Nullable Listings kept();

  /** The patience with the stores of a stream; null for a bounded input. */
  abstract @Nullable Patience patience();

  /** Whether a file that holds no image is a dead letter, because it was named itself. */
  abstract boolean mustHoldImages();

  /**
   * For each file of a stream that was listed, its dead letters: these replace those of an earlier
   * listing.
   */
  public static final TupleTag<ElementLetters> LETTERS = new TupleTag<>() {};

  /**
   * @param limits on images
   * @param fields of samples that are taken
   * @param tally learns what was found
   */
  public static ListFiles of(ImageLimits limits, SampleFields fields, ListImages.Tally tally) {
    return new AutoValue_ListFiles(limits, fields, tally, null, null, false);
  }

  /**
   * Lists the files of a stream, which come one after the other. A store that does not answer is
   * waited for.
   */
  public static ListFiles ofStream(ImageLimits limits, SampleFields fields, Patience patience) {
    return new AutoValue_ListFiles(limits, fields, ListImages.Tally.NONE, null, patience, false);
  }

  /** Lists files that were each named for their images: one that holds none is a dead letter. */
  public ListFiles ofNamedFiles() {
    return new AutoValue_ListFiles(limits(), fields(), tally(), kept(), patience(), true);
  }

  /**
   * Keeps the listings; the images are not told one by one.
   *
   * @param kept where
   */
  ListFiles withListings(@Nullable Listings kept) {
    return new AutoValue_ListFiles(limits(), fields(), tally(), kept, patience(), mustHoldImages());
  }

  /** Returns the results of a listing, with the dead letters of what could not be listed. */
  static PCollectionTuple with(PCollection<DeadLetter> before, PCollectionTuple listed) {
    return PCollectionTuple.of(ListImages.IMAGES, listed.get(ListImages.IMAGES))
        .and(ListImages.SHARDS, listed.get(ListImages.SHARDS))
        .and(
            ListImages.DEAD_LETTERS,
            all(
                "AllDeadLetters",
                before.setCoder(RecordSchema.coder(DeadLetter.class)),
                listed.get(ListImages.DEAD_LETTERS)));
  }

  /** Returns the results of a stream, with the dead letters of elements that were not listed. */
  public static PCollectionTuple withEarlier(
      PCollection<ElementLetters> before, PCollectionTuple listed) {
    PCollection<DeadLetter> letters =
        before
            .setCoder(RecordSchema.coder(ElementLetters.class))
            .apply("EarlierDeadLetters", FlatMapElements.via(new LettersFn()))
            .setCoder(RecordSchema.coder(DeadLetter.class));
    return with(letters, listed).and(LETTERS, all("AllLetters", before, listed.get(LETTERS)));
  }

  private static <T> PCollection<T> all(String name, PCollection<T> some, PCollection<T> others) {
    return PCollectionList.of(some).and(others).apply(name, Flatten.pCollections());
  }

  private static final class LettersFn extends InferableFunction<ElementLetters, List<DeadLetter>> {
    @Override
    public List<DeadLetter> apply(ElementLetters element) {
      return element.letters();
    }
  }

  @Override
  public PCollectionTuple expand(PCollection<InputGroup> files) {
    PCollectionTuple listed =
        files
            .apply("SpreadFiles", Reshuffle.viaRandomKey())
            .apply(
                "List",
                ParDo.of(new ListFn(this))
                    .withOutputTags(
                        ListImages.SHARDS,
                        TupleTagList.of(ListImages.IMAGES)
                            .and(ListImages.DEAD_LETTERS)
                            .and(LETTERS)));
    listed.get(ListImages.SHARDS).setCoder(RecordSchema.coder(OutputShard.class));
    listed.get(ListImages.IMAGES).setCoder(RecordSchema.coder(InputRef.class));
    listed.get(ListImages.DEAD_LETTERS).setCoder(RecordSchema.coder(DeadLetter.class));
    listed.get(LETTERS).setCoder(RecordSchema.coder(ElementLetters.class));
    return listed;
  }

  private static final class ListFn extends DoFn<InputGroup, OutputShard> {
    private final ImageLimits limits;
    private final SampleFields fields;
    private final ListImages.Tally tally;
    private final @Nullable Listings kept;
    private final @Nullable Patience patience;
    private final boolean mustHoldImages;
    private final Counter images = Metrics.counter("ListImages", "images");
    private final Counter sidecars = Metrics.counter("ListImages", "sidecars");
    private final Counter failures = Metrics.counter("ListImages", "failures");

    ListFn(ListFiles settings) {
      limits = settings.limits();
      fields = settings.fields();
      tally = settings.tally();
      kept = settings.kept();
      patience = settings.patience();
      mustHoldImages = settings.mustHoldImages();
    }

    @ProcessElement
    public void process(@Element InputGroup group, MultiOutputReceiver output) throws IOException {
      if (kept != null) {
        listInto(kept, group, output);
        return;
      }
      Entries entries = new Entries(Formats.isInParts(group.firstFile()), output);
      for (InputFile file : group.load()) {
        entries.begin(file);
        if (patience == null) {
          entries.list(ArchiveReader.list(file, limits, fields));
        } else {
          patience.outlast(
              () -> {
                entries.beginAttempt();
                entries.list(ArchiveReader.list(file, limits, fields));
                return null;
              });
          if (mustHoldImages) {
            entries.requireImages();
          }
          output.get(LETTERS).output(entries.letters());
        }
      }
      entries.emitShard();
      tally.listed(group.id(), entries.images, entries.unusable, entries.beside);
    }

    /** Whatever many images: they are listed into a file, and shards say where. */
    private void listInto(Listings kept, InputGroup group, MultiOutputReceiver output)
        throws IOException {
      long[] letters = new long[1];
      try (Listing listing =
          kept.of(
              group,
              letter -> {
                letters[0]++;
                output.get(ListImages.DEAD_LETTERS).output(letter);
              })) {
        listing.shards(group).forEach(output.get(ListImages.SHARDS)::output);
        SidecarCounts beside = listing.sidecars();
        images.inc(listing.images().size());
        failures.inc(letters[0]);
        sidecars.inc(beside.total());
        tally.listed(group.id(), listing.notes().images(), letters[0], beside);
      }
    }

    /**
     * The entries of a group of files, on their way into output shards. Equal files give equal
     * entries in equal order, so a listing that is attempted again goes on where it failed.
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
                  "it is no image, and holds none",
                  ErrorKind.NOT_AN_IMAGE));
        }
      }

      /** The dead letters of the file at hand. */
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
        output.get(ListImages.IMAGES).output(ref);
        if (wasNotListedBefore(ref)) {
          emitShard();
        }
        shard.add(ref);
        if (shard.size() == OutputShard.MAX_SIZE || inParts) {
          emitShard();
        }
      }

      /**
       * Whether an image is the first one behind the end that the file had when it was listed
       * before. The images up to there make the same output shards as then, so that none of them is
       * written twice.
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
        ofFile.add(letter);
        output.get(ListImages.DEAD_LETTERS).output(letter);
      }

      void emitShard() {
        if (!shard.isEmpty()) {
          output.get(ListImages.SHARDS).output(OutputShard.of(shard));
          shard.clear();
        }
      }
    }
  }
}
