package io.swavbeam.pipelines.listing;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.LabelSource;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.jvm.NonRecoverableException;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.FileSystemException;
import java.util.List;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Lists the images in files, folders and archives, and in archives in archives.
 *
 * <pre>{@code
 * PCollectionTuple listed = pipeline.apply("List", ListImages.in(List.of("s3://photos/2024")));
 * PCollection<InputRef> images = listed.get(ListImages.IMAGES);
 * PCollection<DeadLetter> unusable = listed.get(ListImages.DEAD_LETTERS);
 * }</pre>
 *
 * <p>Each entry of the input is exactly one of: an image, a dead letter, a sidecar that is counted.
 * An archive that can only be read from its beginning ({@code .tar.gz}) is one reference, which
 * stands for all images in it. Equal files give equal output shards, whatever the runner and in
 * every attempt.
 *
 * <p>The files are found by one worker, which sorts their names on disk to tell each once, and are
 * listed by all of them; none of them is part of the job's graph.
 *
 * <p>Metrics (namespace {@code ListImages}): counters {@code images}; {@code sidecars}, files and
 * entries that stand beside images; {@code failures}, files and entries that cannot be listed.
 */
@AutoValue
public abstract class ListImages extends PTransform<PBegin, PCollectionTuple> {
  /** The images, one by one, and archives that have to be read from their beginning. */
  public static final TupleTag<InputRef> IMAGES = new TupleTag<>() {};

  /** The same images in groups, as {@code EmbeddingRun} embeds them. */
  public static final TupleTag<OutputShard> SHARDS = new TupleTag<>() {};

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

  @SuppressWarnings("AutoValueImmutableFields") // a list of Java's own, copied
  abstract List<String> inputs();

  abstract ImageLimits limits();

  abstract SampleFields fields();

  abstract Tally tally();

  abstract @Nullable Folder listings();

  abstract @Nullable Folder output();

  /**
   * Lists what is there when the pipeline runs.
   *
   * @param inputs files, folders (with all below them) and patterns, by path or URI, as every
   *     worker sees them; a name comes before a pattern
   * @throws IllegalArgumentException if there is none
   */
  public static ListImages in(List<String> inputs) {
    if (inputs.isEmpty()) {
      throw new IllegalArgumentException("there is nothing to list");
    }
    return new AutoValue_ListImages(
        List.copyOf(inputs), ImageLimits.DEFAULT, SampleFields.DEFAULT, Tally.NONE, null, null);
  }

  /** Other limits on images: those beyond them are dead letters. */
  public ListImages withLimits(ImageLimits limits) {
    return new AutoValue_ListImages(inputs(), limits, fields(), tally(), listings(), output());
  }

  /**
   * Where labels stand beside images in a tar; {@code .cls} files without this.
   *
   * @param labels {@code cls}, {@code txt} or {@code json:field}
   * @throws IllegalArgumentException if it is something else
   */
  public ListImages withLabels(String labels) {
    return withFields(fields().withLabel(LabelSource.parse(labels)));
  }

  /**
   * The columns of Parquet files that hold images and labels; null leaves the choice to their names
   * and types.
   */
  public ListImages withColumns(@Nullable String image, @Nullable String label) {
    return withFields(fields().withColumns(image, label));
  }

  private ListImages withFields(SampleFields fields) {
    return new AutoValue_ListImages(inputs(), limits(), fields, tally(), listings(), output());
  }

  /** Tells somebody what was found. */
  public ListImages withTally(Tally tally) {
    return new AutoValue_ListImages(inputs(), limits(), fields(), tally, listings(), output());
  }

  /**
   * Keeps what was listed: it is made once, and whoever lists the same files again reads it. Then
   * nothing in the pipeline grows with the number of images: an output shard says where in a
   * listing its images are, and {@link #IMAGES} has none.
   *
   * @param folder that all workers see; what is in it may be deleted when nothing runs
   */
  public ListImages withListings(Folder folder) {
    return new AutoValue_ListImages(inputs(), limits(), fields(), tally(), folder, output());
  }

  /** Leaves out the folder that {@code EmbeddingRun} writes to, if it is below an input. */
  public ListImages withOutput(Folder folder) {
    return new AutoValue_ListImages(inputs(), limits(), fields(), tally(), listings(), folder);
  }

  @Override
  public PCollectionTuple expand(PBegin begin) {
    TupleTag<InputGroup> files = new TupleTag<>() {};
    PCollectionTuple found =
        begin
            .apply(
                "Inputs",
                Create.of(List.of(inputs())).withCoder(ListCoder.of(StringUtf8Coder.of())))
            .apply(
                "FindFiles",
                ParDo.of(new FindFilesFn(files, this))
                    .withOutputTags(files, TupleTagList.of(DEAD_LETTERS)));
    PCollectionTuple listed =
        found
            .get(files)
            .setCoder(RecordSchema.coder(InputGroup.class))
            .apply(
                "ListFiles",
                ListFiles.of(limits(), fields(), tally())
                    .withListings(
                        listings() == null ? null : new Listings(listings(), limits(), fields())));
    return ListFiles.with(found.get(DEAD_LETTERS), listed);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("inputs", String.join(",", inputs())).withLabel("Inputs"));
  }

  /** Finds all files at once, so that each is told once. */
  private static final class FindFilesFn extends DoFn<List<String>, InputGroup> {
    private final TupleTag<InputGroup> files;
    private final Tally tally;
    private final @Nullable Folder notes;
    private final @Nullable Folder without;

    FindFilesFn(TupleTag<InputGroup> files, ListImages settings) {
      this.files = files;
      tally = settings.tally();
      notes = settings.listings();
      without = settings.output();
    }

    @ProcessElement
    public void process(@Element List<String> inputs, MultiOutputReceiver output)
        throws IOException {
      long[] letters = new long[1];
      FoundFiles.Visitor visitor =
          new FoundFiles.Visitor() {
            @Override
            public void group(InputGroup group) {
              output.get(files).output(group);
            }

            @Override
            public void deadLetter(DeadLetter letter) {
              letters[0]++;
              output.get(DEAD_LETTERS).output(letter);
            }
          };
      try {
        if (notes == null) {
          FoundFiles.find(inputs, visitor, without);
        } else {
          FoundFiles.find(inputs, notes, visitor, without);
        }
      } catch (FileSystemException e) {
        throw e;
      } catch (IOException e) {
        // A store that does not answer is no IOException.
        throw new NonRecoverableException(e);
      }
      tally.listed("found", 0, letters[0], new SidecarCounts());
    }
  }
}
