package io.swavbeam.pipelines.listing;

import io.swavbeam.pipelines.archive.Archives;
import io.swavbeam.pipelines.input.InputFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
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
import org.joda.time.Duration;

/**
 * Groups files that come one by one: an archive goes on at once, single images wait for company for
 * some seconds.
 */
public final class GatherFiles extends PTransform<PCollection<InputFile>, PCollection<InputGroup>> {
  private static final TupleTag<InputGroup> ARCHIVES = new TupleTag<>() {};
  private static final TupleTag<KV<Integer, InputFile>> SINGLE = new TupleTag<>() {};

  private final int seconds;

  /**
   * @param seconds that an image waits at most
   */
  public GatherFiles(int seconds) {
    this.seconds = seconds;
  }

  @Override
  public PCollection<InputGroup> expand(PCollection<InputFile> files) {
    PCollectionTuple sorted =
        files.apply(
            "Sort", ParDo.of(new SortFn()).withOutputTags(ARCHIVES, TupleTagList.of(SINGLE)));
    PCollection<InputGroup> single =
        sorted
            .get(SINGLE)
            .setCoder(KvCoder.of(VarIntCoder.of(), SerializableCoder.of(InputFile.class)))
            .apply(
                "Gather",
                GroupIntoBatches.<Integer, InputFile>ofSize(ImageSlice.LARGEST)
                    .withMaxBufferingDuration(Duration.standardSeconds(seconds)))
            .apply("Group", ParDo.of(new GroupFn()))
            .setCoder(SerializableCoder.of(InputGroup.class));
    return PCollectionList.of(sorted.get(ARCHIVES).setCoder(SerializableCoder.of(InputGroup.class)))
        .and(single)
        .apply("All", Flatten.pCollections());
  }

  static final class SortFn extends DoFn<InputFile, InputGroup> {
    // Few, so that groups are large; several, so that workers share the gathering.
    private static final int PLACES = 4;

    @ProcessElement
    public void process(@Element InputFile file, MultiOutputReceiver output) {
      if (!Archives.isArchive(file.location().uri())) {
        output.get(SINGLE).output(KV.of(ThreadLocalRandom.current().nextInt(PLACES), file));
      } else {
        output.get(ARCHIVES).output(new InputGroup(List.of(file)));
      }
    }
  }

  static final class GroupFn extends DoFn<KV<Integer, Iterable<InputFile>>, InputGroup> {
    @ProcessElement
    public void process(
        @Element KV<Integer, Iterable<InputFile>> files, OutputReceiver<InputGroup> output) {
      List<InputFile> group = new ArrayList<>();
      files.getValue().forEach(group::add);
      group.sort(Comparator.comparing(InputFile::location));
      output.output(new InputGroup(group));
    }
  }
}
