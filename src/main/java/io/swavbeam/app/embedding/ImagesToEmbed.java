package io.swavbeam.app.embedding;

import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.embedding.CountListings;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.input.WatchFiles;
import io.swavbeam.pipelines.kafka.ReceiveImages;
import io.swavbeam.pipelines.listing.GatherFiles;
import io.swavbeam.pipelines.listing.ImageSlice;
import io.swavbeam.pipelines.listing.InputGroup;
import io.swavbeam.pipelines.listing.ListImages;
import java.io.IOException;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;

/**
 * Where images come from: they are there, come to a folder, or come through Kafka.
 *
 * @param what they are, in words
 * @param deadLetters what cannot be listed
 */
record ImagesToEmbed(
    String what, PCollection<ImageSlice> slices, PCollectionList<DeadLetter> deadLetters) {

  /**
   * Begins a pipeline.
   *
   * @throws IOException in one line, where there is no such input
   * @throws UsageException where the options name none
   */
  static ImagesToEmbed of(PBegin begin, EmbedOptions options, CountListings counting)
      throws IOException, UsageException {
    int fileEvery = Math.max(1, Options.seconds(options.getFileEvery(), "fileEvery"));
    if (options.getKafka() != null) {
      return received(begin, options, fileEvery, counting);
    }
    return options.getWatch() == null
        ? there(begin, options, counting)
        : watched(begin, options, fileEvery, counting);
  }

  private static ImagesToEmbed there(PBegin begin, EmbedOptions options, CountListings counting)
      throws IOException, UsageException {
    InputFiles.Found found = InputFiles.find(options.getInput());
    counting.unusable(found.deadLetters().size());
    return listed(
        "%,d files".formatted(found.files().size()),
        Options.limits(options),
        counting,
        begin.apply(
            "Files",
            Create.of(InputGroup.of(found.files()))
                .withCoder(SerializableCoder.of(InputGroup.class))),
        PCollectionList.of(
            begin.apply(
                "Unusable",
                Create.of(found.deadLetters()).withCoder(SerializableCoder.of(DeadLetter.class)))));
  }

  private static ImagesToEmbed watched(
      PBegin begin, EmbedOptions options, int fileEvery, CountListings counting)
      throws IOException, UsageException {
    int every = Math.max(1, Options.seconds(options.getWatch(), "watch"));
    return listed(
        "whatever comes to " + String.join(", ", options.getInput()),
        Options.limits(options),
        counting,
        begin
            .apply("WatchFiles", WatchFiles.in(options.getInput(), every))
            .apply("GatherFiles", new GatherFiles(fileEvery)),
        PCollectionList.empty(begin.getPipeline()));
  }

  private static ImagesToEmbed received(
      PBegin begin, EmbedOptions options, int fileEvery, CountListings counting)
      throws UsageException {
    String what = "whatever comes through topic " + options.getTopic();
    return switch (options.getMessages()) {
      case "images" ->
          new ImagesToEmbed(
              what,
              ReceiveImages.images(begin, options.getKafka(), options.getTopic(), fileEvery),
              PCollectionList.empty(begin.getPipeline()));
      case "references" -> {
        PCollectionTuple received =
            ReceiveImages.references(begin, options.getKafka(), options.getTopic());
        yield listed(
            what,
            Options.limits(options),
            counting,
            received.get(ReceiveImages.FILES).apply("GatherFiles", new GatherFiles(fileEvery)),
            PCollectionList.of(received.get(ReceiveImages.DEAD_LETTERS)));
      }
      default ->
          throw new UsageException(
              "unknown --messages=%s: take references, images".formatted(options.getMessages()));
    };
  }

  private static ImagesToEmbed listed(
      String what,
      ImageLimits limits,
      CountListings counting,
      PCollection<InputGroup> files,
      PCollectionList<DeadLetter> deadLetters) {
    PCollectionTuple listed = files.apply("ListImages", new ListImages(limits).withTally(counting));
    return new ImagesToEmbed(
        what, listed.get(ListImages.SLICES), deadLetters.and(listed.get(ListImages.DEAD_LETTERS)));
  }
}
