package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.DeadLetter;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.FlatMapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.apache.beam.sdk.values.TypeDescriptor;

/**
 * Lists the images of files and spreads them over the workers, a slice of neighbours at a time: big
 * enough that a worker reads forward and fills its batches, small enough that all workers have
 * some.
 *
 * <p>Metrics (namespace {@code ListImages}): counter {@code ignored}, files and entries that are no
 * images.
 */
public final class ListImages extends PTransform<PCollection<InputFile>, PCollectionTuple> {
  /** The images. */
  public static final TupleTag<ImageRef> IMAGES = new TupleTag<>() {};

  /** The files, or parts of files, that cannot be listed. */
  public static final TupleTag<DeadLetter> DEAD_LETTERS = new TupleTag<>() {};

  private static final TupleTag<List<ImageRef>> SLICES = new TupleTag<>() {};
  private static final int SLICE = 2048;

  @Override
  public PCollectionTuple expand(PCollection<InputFile> files) {
    PCollectionTuple listed =
        files
            .apply("SpreadFiles", Reshuffle.viaRandomKey())
            .apply(
                "List",
                ParDo.of(new ListFn()).withOutputTags(SLICES, TupleTagList.of(DEAD_LETTERS)));
    PCollection<ImageRef> images =
        listed
            .get(SLICES)
            .setCoder(ListCoder.of(SerializableCoder.of(ImageRef.class)))
            .apply("SpreadSlices", Reshuffle.viaRandomKey())
            .apply(
                "Images",
                FlatMapElements.into(TypeDescriptor.of(ImageRef.class)).via(slice -> slice));
    return PCollectionTuple.of(IMAGES, images)
        .and(
            DEAD_LETTERS,
            listed.get(DEAD_LETTERS).setCoder(SerializableCoder.of(DeadLetter.class)));
  }

  static final class ListFn extends DoFn<InputFile, List<ImageRef>> {
    private final Counter ignored = Metrics.counter("ListImages", "ignored");

    @ProcessElement
    public void process(@Element InputFile file, MultiOutputReceiver output) {
      List<ImageRef> slice = new ArrayList<>();
      Archives.list(
          file,
          new Archives.Listener() {
            @Override
            public void image(ImageRef ref) {
              slice.add(ref);
              if (slice.size() == SLICE) {
                output.get(SLICES).output(List.copyOf(slice));
                slice.clear();
              }
            }

            @Override
            public void deadLetter(DeadLetter letter) {
              output.get(DEAD_LETTERS).output(letter);
            }

            @Override
            public void ignored(String name) {
              ignored.inc();
            }
          });
      if (!slice.isEmpty()) {
        output.get(SLICES).output(List.copyOf(slice));
      }
    }
  }
}
