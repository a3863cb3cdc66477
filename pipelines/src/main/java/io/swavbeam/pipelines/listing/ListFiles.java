package io.swavbeam.pipelines.listing;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.SidecarCounts;
import io.swavbeam.pipelines.schema.RecordSchema;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
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

  /**
   * @param limits on images
   * @param fields of samples that are taken
   * @param tally learns what was found
   */
  public static ListFiles of(ImageLimits limits, SampleFields fields, ListImages.Tally tally) {
    return new AutoValue_ListFiles(limits, fields, tally, null);
  }

  /**
   * Keeps the listings; the images are not told one by one.
   *
   * @param kept where
   */
  ListFiles withListings(@Nullable Listings kept) {
    return new AutoValue_ListFiles(limits(), fields(), tally(), kept);
  }

  /** The results of a listing, and with them what could not be used before anything was listed. */
  public static PCollectionTuple with(PCollection<DeadLetter> before, PCollectionTuple listed) {
    PCollection<DeadLetter> letters =
        PCollectionList.of(before.setCoder(RecordSchema.coder(DeadLetter.class)))
            .and(listed.get(ListImages.DEAD_LETTERS))
            .apply("AllDeadLetters", Flatten.pCollections());
    return PCollectionTuple.of(ListImages.IMAGES, listed.get(ListImages.IMAGES))
        .and(ListImages.SHARDS, listed.get(ListImages.SHARDS))
        .and(ListImages.DEAD_LETTERS, letters);
  }

  @Override
  public PCollectionTuple expand(PCollection<InputGroup> files) {
    PCollectionTuple listed =
        files
            .apply("SpreadFiles", Reshuffle.viaRandomKey())
            .apply(
                "List",
                ParDo.of(new ListFn(limits(), fields(), tally(), kept()))
                    .withOutputTags(
                        ListImages.SHARDS,
                        TupleTagList.of(ListImages.IMAGES).and(ListImages.DEAD_LETTERS)));
    listed.get(ListImages.SHARDS).setCoder(RecordSchema.coder(OutputShard.class));
    listed.get(ListImages.IMAGES).setCoder(RecordSchema.coder(ImageRef.class));
    listed.get(ListImages.DEAD_LETTERS).setCoder(RecordSchema.coder(DeadLetter.class));
    return listed;
  }

  private static final class ListFn extends DoFn<InputGroup, OutputShard> {
    private final ImageLimits limits;
    private final SampleFields fields;
    private final ListImages.Tally tally;
    private final @Nullable Listings kept;
    private final Counter images = Metrics.counter("ListImages", "images");
    private final Counter sidecars = Metrics.counter("ListImages", "sidecars");
    private final Counter failures = Metrics.counter("ListImages", "failures");

    ListFn(
        ImageLimits limits, SampleFields fields, ListImages.Tally tally, @Nullable Listings kept) {
      this.limits = limits;
      this.fields = fields;
      this.tally = tally;
      this.kept = kept;
    }

    @ProcessElement
    public void process(@Element InputGroup group, MultiOutputReceiver output) throws IOException {
      if (kept != null) {
        listInto(kept, group, output);
        return;
      }
      List<ImageRef> shard = new ArrayList<>();
      boolean inParts = Archives.isInParts(group.firstFile());
      long[] counts = new long[2];
      SidecarCounts beside = new SidecarCounts();
      Archives.Listener listener =
          new Archives.Listener() {
            @Override
            public void image(ImageRef ref) {
              images.inc();
              counts[0] += ref.isSequentialArchive() ? 0 : 1;
              output.get(ListImages.IMAGES).output(ref);
              shard.add(ref);
              if (shard.size() == OutputShard.MAX_SIZE || inParts) {
                emit(shard, output);
              }
            }

            @Override
            public void deadLetter(DeadLetter letter) {
              failures.inc();
              counts[1]++;
              output.get(ListImages.DEAD_LETTERS).output(letter);
            }

            @Override
            public void sidecar(String name) {
              sidecars.inc();
              beside.add(name);
            }
          };
      group.load().forEach(file -> Archives.list(file, limits, fields, listener));
      emit(shard, output);
      tally.listed(group.id(), counts[0], counts[1], beside);
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

    private static void emit(List<ImageRef> shard, MultiOutputReceiver output) {
      if (!shard.isEmpty()) {
        output.get(ListImages.SHARDS).output(OutputShard.of(shard));
        shard.clear();
      }
    }
  }
}
