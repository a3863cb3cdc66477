package io.swavbeam.pipelines.listing;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SidecarCounts;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.SerializableCoder;
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

/**
 * Lists the images of files, a slice of neighbours at a time. Equal files give equal slices,
 * whatever the runner and in every attempt.
 *
 * <p>Metrics (namespace {@code ListImages}): counters {@code images}; {@code sidecars}, files and
 * entries that stand beside images; {@code failures}, files and entries that cannot be listed.
 */
public final class ListImages extends PTransform<PCollection<InputGroup>, PCollectionTuple> {
  /** The images. */
  public static final TupleTag<ImageSlice> SLICES = new TupleTag<>() {};

  /** The files, or parts of files, that cannot be listed. */
  public static final TupleTag<DeadLetter> DEAD_LETTERS = new TupleTag<>() {};

  /** Learns what was found in a group of files; is sent to the workers. */
  @FunctionalInterface
  public interface Tally extends Serializable {
    /** Nobody wants to know. */
    Tally NONE = (group, images, deadLetters, sidecars) -> {};

    /**
     * Called when a group was listed, again where that is repeated.
     *
     * @param group its id
     * @param images that were listed one by one
     * @param deadLetters entries that cannot be used
     * @param sidecars entries that stand beside images
     */
    void listed(String group, long images, long deadLetters, SidecarCounts sidecars)
        throws IOException;
  }

  private final ImageLimits limits;
  private final Tally tally;

  /** Lists images within limits. */
  public ListImages(ImageLimits limits) {
    this(limits, Tally.NONE);
  }

  private ListImages(ImageLimits limits, Tally tally) {
    this.limits = limits;
    this.tally = tally;
  }

  /** The same, telling somebody what was found. */
  public ListImages withTally(Tally newTally) {
    return new ListImages(limits, newTally);
  }

  @Override
  public PCollectionTuple expand(PCollection<InputGroup> files) {
    PCollectionTuple listed =
        files
            .apply("SpreadFiles", Reshuffle.viaRandomKey())
            .apply(
                "List",
                ParDo.of(new ListFn(limits, tally))
                    .withOutputTags(SLICES, TupleTagList.of(DEAD_LETTERS)));
    listed.get(SLICES).setCoder(SerializableCoder.of(ImageSlice.class));
    listed.get(DEAD_LETTERS).setCoder(SerializableCoder.of(DeadLetter.class));
    return listed;
  }

  static final class ListFn extends DoFn<InputGroup, ImageSlice> {
    private final ImageLimits limits;
    private final Tally tally;
    private final Counter images = Metrics.counter("ListImages", "images");
    private final Counter sidecars = Metrics.counter("ListImages", "sidecars");
    private final Counter failures = Metrics.counter("ListImages", "failures");

    ListFn(ImageLimits limits, Tally tally) {
      this.limits = limits;
      this.tally = tally;
    }

    @ProcessElement
    public void process(@Element InputGroup group, MultiOutputReceiver output) throws IOException {
      List<ImageRef> slice = new ArrayList<>();
      long[] counts = new long[2];
      SidecarCounts beside = new SidecarCounts();
      Archives.Listener listener =
          new Archives.Listener() {
            @Override
            public void image(ImageRef ref) {
              images.inc();
              counts[0] += ref.isStream() ? 0 : 1;
              slice.add(ref);
              if (slice.size() == ImageSlice.LARGEST) {
                emit(slice, output);
              }
            }

            @Override
            public void deadLetter(DeadLetter letter) {
              failures.inc();
              counts[1]++;
              output.get(DEAD_LETTERS).output(letter);
            }

            @Override
            public void sidecar(String name) {
              sidecars.inc();
              beside.add(name);
            }
          };
      group.files().forEach(file -> Archives.list(file, limits, listener));
      emit(slice, output);
      tally.listed(group.id(), counts[0], counts[1], beside);
    }

    private static void emit(List<ImageRef> slice, MultiOutputReceiver output) {
      if (!slice.isEmpty()) {
        output.get(SLICES).output(ImageSlice.of(slice));
        slice.clear();
      }
    }
  }
}
