package io.swavbeam.pipelines.listing;

import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.schema.RecordSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.GroupIntoBatches;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * A transform that groups files of a stream. An archive is output at once. Single images wait for
 * others.
 */
@Internal
public final class BatchFiles extends PTransform<PCollection<InputFile>, PCollection<InputGroup>> {
  private static final TupleTag<InputGroup> ARCHIVES = new TupleTag<>() {};
  private static final TupleTag<KV<Integer, InputFile>> SINGLE = new TupleTag<>() {};

  /** The default of how long an image waits at most. */
  public static final Duration MAX_DURATION = Duration.ofSeconds(5);

  private final Duration maxDuration;

  /**
   * @param maxDuration the longest time that an image waits
   */
  public BatchFiles(Duration maxDuration) {
    this.maxDuration = maxDuration;
  }

  @Override
  public PCollection<InputGroup> expand(PCollection<InputFile> files) {
    PCollectionTuple sorted =
        files.apply(
            "Sort", ParDo.of(new SortFn()).withOutputTags(ARCHIVES, TupleTagList.of(SINGLE)));
    PCollection<InputGroup> single =
        sorted
            .get(SINGLE)
            .setCoder(KvCoder.of(VarIntCoder.of(), RecordSchema.coder(InputFile.class)))
            .apply(
                "Batch",
                GroupIntoBatches.<Integer, InputFile>ofSize(OutputShard.MAX_SIZE)
                    .withMaxBufferingDuration(
                        org.joda.time.Duration.millis(maxDuration.toMillis())))
            .apply("Group", ParDo.of(new GroupFn()))
            .setCoder(RecordSchema.coder(InputGroup.class));
    return PCollectionList.of(sorted.get(ARCHIVES).setCoder(RecordSchema.coder(InputGroup.class)))
        .and(single)
        .apply("All", Flatten.pCollections());
  }

  private static final class SortFn extends DoFn<InputFile, InputGroup> {
    // A small number, so that groups are large, but several, so that workers share the work.
    private static final int NUM_SHARDS = 4;

    @ProcessElement
    public void process(@Element InputFile file, MultiOutputReceiver output) {
      if (!Formats.isArchive(file.location().uri())) {
        output.get(SINGLE).output(KV.of(ThreadLocalRandom.current().nextInt(NUM_SHARDS), file));
      } else {
        output.get(ARCHIVES).output(InputGroup.of(List.of(file)));
      }
    }
  }

  private static final class GroupFn extends DoFn<KV<Integer, Iterable<InputFile>>, InputGroup> {
    @ProcessElement
    public void process(
        @Element KV<Integer, Iterable<InputFile>> files, OutputReceiver<InputGroup> output) {
      List<InputFile> group = new ArrayList<>();
      files.getValue().forEach(group::add);
      group.sort(Comparator.comparing(InputFile::location));
      output.output(InputGroup.of(group));
    }
  }
}
