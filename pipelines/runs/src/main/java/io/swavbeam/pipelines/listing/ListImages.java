package io.swavbeam.pipelines.listing;

import com.google.auto.value.AutoValue;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.deadletter.ElementLetters;
import io.swavbeam.pipelines.jvm.NonRecoverableException;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.FileSystemException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.FlatMapElements;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.InferableFunction;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PInput;
import org.apache.beam.sdk.values.POutput;
import org.apache.beam.sdk.values.PValue;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A transform that lists the images in files, folders and archives, and in archives in archives.
 *
 * <pre>{@code
 * ListImages.Result result = pipeline.apply("List", ListImages.in(List.of("s3://photos/2024")));
 * PCollection<InputRef> images = result.images();
 * PCollection<DeadLetter> unusable = result.deadLetters();
 * }</pre>
 *
 * <p>Each entry of the input is exactly one of: an image, a dead letter, or a sidecar, which is
 * counted. An archive that can only be read from its beginning ({@code .tar.gz}) is one reference
 * for all images in it. Equal files give equal output shards, on every runner and in every attempt.
 *
 * <p>One worker finds the files, and sorts their names on disk. All workers list them. The graph of
 * the job does not contain the files.
 *
 * <p>Metrics (namespace {@code ListImages}): counters {@code images}; {@code sidecars}, files and
 * entries beside images; {@code failures}, files and entries that cannot be listed.
 */
@AutoValue
public abstract class ListImages extends PTransform<PBegin, ListImages.Result> {
  /** A listener to the listing of groups of files, called on the workers. */
  @Internal
  @FunctionalInterface
  public interface GroupListener extends Serializable {
    /** A listener that does nothing. */
    GroupListener NONE = (group, images, deadLetters, sidecars) -> {};

    /**
     * Called when a group was listed, and again if that is repeated.
     *
     * @param group the id of the group
     * @param images the number of images that were listed individually
     * @param deadLetters the number of entries that cannot be used
     * @param sidecars the entries beside images
     */
    void listed(String group, long images, long deadLetters, SidecarCounts sidecars)
        throws IOException;
  }

  /** The images of a source, and its dead letters. */
  public static final class Result implements POutput {
    private final PCollection<OutputShard> shards;
    private final PCollection<ElementLetters> letters;
    private String transform = "ListImages";
    private @Nullable PCollection<InputRef> images;
    private @Nullable PCollection<DeadLetter> deadLetters;

    Result(PCollection<OutputShard> shards, PCollection<ElementLetters> letters) {
      this.shards = shards;
      this.letters = letters;
    }

    /** Creates a result with more dead letters. */
    @Internal
    public Result with(PCollection<ElementLetters> before) {
      return new Result(
          shards,
          PCollectionList.of(before.setCoder(RecordSchema.coder(ElementLetters.class)))
              .and(letters)
              .apply("AllLetters", Flatten.pCollections()));
    }

    /** Returns the images, one by one, and archives that have to be read from their beginning. */
    public PCollection<InputRef> images() {
      if (images == null) {
        images =
            shards
                // Spreads the images of a large archive, which one worker has listed, over all
                // workers.
                .apply(transform + ".Spread", Reshuffle.viaRandomKey())
                .apply(transform + ".Images", ParDo.of(new ImagesFn()))
                .setCoder(RecordSchema.coder(InputRef.class));
      }
      return images;
    }

    /** Returns dead letters of the files, or parts of files, that cannot be used. */
    public PCollection<DeadLetter> deadLetters() {
      if (deadLetters == null) {
        deadLetters =
            letters
                .apply(transform + ".DeadLetters", FlatMapElements.via(new LettersFn()))
                .setCoder(RecordSchema.coder(DeadLetter.class));
      }
      return deadLetters;
    }

    /** Returns the images in groups, as {@code EmbeddingRun} embeds them. */
    @Internal
    public PCollection<OutputShard> shards() {
      return shards;
    }

    /** Returns the dead letters of each element of a stream, also if there are none. */
    @Internal
    public PCollection<ElementLetters> letters() {
      return letters;
    }

    @Override
    public Pipeline getPipeline() {
      return shards.getPipeline();
    }

    @Override
    public Map<TupleTag<?>, PValue> expand() {
      Map<TupleTag<?>, PValue> values = new HashMap<>(shards.expand());
      values.putAll(letters.expand());
      return values;
    }

    @Override
    public void finishSpecifyingOutput(
        String transformName, PInput input, PTransform<?, ?> transform) {
      this.transform = transformName;
    }
  }

  private static final class ImagesFn extends DoFn<OutputShard, InputRef> {
    @ProcessElement
    public void process(@Element OutputShard shard, OutputReceiver<InputRef> output)
        throws IOException {
      shard.load().images().forEach(output::output);
    }
  }

  private static final class LettersFn extends InferableFunction<ElementLetters, List<DeadLetter>> {
    @Override
    public List<DeadLetter> apply(ElementLetters element) {
      return element.letters();
    }
  }

  @SuppressWarnings("AutoValueImmutableFields") // a list of Java's own, copied
  abstract List<String> inputs();

  abstract ImageLimits limits();

  abstract SampleFields fields();

  abstract GroupListener listener();

  abstract @Nullable Folder listings();

  abstract @Nullable Folder output();

  abstract Builder toBuilder();

  @AutoValue.Builder
  abstract static class Builder {
    abstract Builder setInputs(List<String> inputs);

    abstract Builder setLimits(ImageLimits limits);

    abstract Builder setFields(SampleFields fields);

    abstract Builder setListener(GroupListener listener);

    abstract Builder setListings(Folder listings);

    abstract Builder setOutput(Folder output);

    abstract ListImages build();
  }

  /**
   * Lists the images that exist when the pipeline runs.
   *
   * @param inputs files, folders (with everything below them) and patterns, by path or URI, as
   *     every worker can read them; a file of that name is preferred to a pattern
   * @throws IllegalArgumentException if there is none
   */
  public static ListImages in(List<String> inputs) {
    if (inputs.isEmpty()) {
      throw new IllegalArgumentException("there is nothing to list");
    }
    return new AutoValue_ListImages.Builder()
        .setInputs(List.copyOf(inputs))
        .setLimits(ImageLimits.DEFAULT)
        .setFields(SampleFields.DEFAULT)
        .setListener(GroupListener.NONE)
        .build();
  }

  /** Sets limits on images. Larger images are dead letters. */
  public ListImages withLimits(ImageLimits limits) {
    return toBuilder().setLimits(limits).build();
  }

  /**
   * Sets the fields of samples in archives that are read. The default is the label in {@code .cls}
   * files.
   */
  public ListImages withFields(SampleFields fields) {
    return toBuilder().setFields(fields).build();
  }

  /** Sets a listener. */
  @Internal
  public ListImages withListener(GroupListener listener) {
    return toBuilder().setListener(listener).build();
  }

  /**
   * Keeps listings in a folder. They are made once, and other commands that list the same files
   * read them. Then the graph of the job does not grow with the number of images, until {@link
   * Result#images} outputs them one by one.
   *
   * @param folder a folder that all workers can read and write; its files may be deleted when
   *     nothing runs
   */
  public ListImages withListings(Folder folder) {
    return toBuilder().setListings(folder).build();
  }

  /** Excludes the folder that {@code EmbeddingRun} writes to, if it is below an input. */
  public ListImages withOutput(Folder folder) {
    return toBuilder().setOutput(folder).build();
  }

  @Override
  public Result expand(PBegin begin) {
    TupleTag<InputGroup> files = new TupleTag<>() {};
    TupleTag<ElementLetters> letters = new TupleTag<>() {};
    PCollectionTuple found =
        begin
            .apply(
                "Inputs",
                Create.of(List.of(inputs())).withCoder(ListCoder.of(StringUtf8Coder.of())))
            .apply(
                "FindFiles",
                ParDo.of(new FindFilesFn(files, letters, this))
                    .withOutputTags(files, TupleTagList.of(letters)));
    return found
        .get(files)
        .setCoder(RecordSchema.coder(InputGroup.class))
        .apply(
            "ListFiles",
            ListFiles.of(limits(), fields())
                .withListener(listener())
                .withListings(
                    listings() == null ? null : new Listings(listings(), limits(), fields())))
        .with(found.get(letters));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("inputs", String.join(",", inputs())).withLabel("Inputs"));
  }

  /** Finds all files at once, so that each is found once. */
  private static final class FindFilesFn extends DoFn<List<String>, InputGroup> {
    private final TupleTag<InputGroup> files;
    private final TupleTag<ElementLetters> letters;
    private final ListImages settings;

    FindFilesFn(TupleTag<InputGroup> files, TupleTag<ElementLetters> letters, ListImages settings) {
      this.files = files;
      this.letters = letters;
      this.settings = settings;
    }

    @ProcessElement
    public void process(@Element List<String> inputs, MultiOutputReceiver output)
        throws IOException {
      long[] unusable = new long[1];
      FoundFiles.Visitor visitor =
          new FoundFiles.Visitor() {
            @Override
            public void group(InputGroup group) {
              output.get(files).output(group);
            }

            @Override
            public void deadLetter(DeadLetter letter) {
              unusable[0]++;
              output.get(letters).output(ElementLetters.of(letter));
            }
          };
      try {
        if (settings.listings() == null) {
          FoundFiles.find(inputs, visitor, settings.output());
        } else {
          FoundFiles.find(inputs, settings.listings(), visitor, settings.output());
        }
      } catch (FileSystemException e) {
        throw e;
      } catch (IOException e) {
        // A store that does not answer throws another exception than IOException.
        throw new NonRecoverableException(e);
      }
      settings.listener().listed("found", 0, unusable[0], new SidecarCounts());
    }
  }
}
