package io.swavbeam.app.embedding;

import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.kafka.ReadImagesFromKafka;
import io.swavbeam.pipelines.listing.ListImages;
import io.swavbeam.pipelines.listing.WatchImages;
import io.swavbeam.pipelines.output.CountListings;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.time.Duration;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollectionTuple;

/**
 * Where images come from: they are there, come to a folder, or come through Kafka.
 *
 * @param what they are, in words
 * @param source gives output shards, and dead letters of what cannot be listed
 */
record ImagesToEmbed(String what, PTransform<PBegin, PCollectionTuple> source) {

  /**
   * What the options name.
   *
   * @param output folder of the embeddings
   * @param listings folder in which listings are kept
   * @throws IOException in one line, if there is no such input
   * @throws UsageException if the options name none
   */
  static ImagesToEmbed of(
      EmbedOptions options, Folder output, Folder listings, CountListings counting)
      throws IOException, UsageException {
    ImageLimits limits = Options.limits(options);
    Duration fileEvery = atLeastASecond(options.getFileEvery(), "fileEvery");
    Duration giveUpAfter = giveUpAfter(options);
    if (options.getKafka() != null) {
      return new ImagesToEmbed(
          "whatever comes through topic " + options.getTopic(),
          topic(options)
              .withOutput(output)
              .withGiveUpAfter(giveUpAfter)
              .withMaxBatchDuration(fileEvery)
              .withLimits(limits)
              .withLabels(options.getLabel())
              .withColumns(options.getImageColumn(), options.getLabelColumn()));
    }
    String inputs = String.join(", ", options.getInput());
    if (options.getWatch() != null) {
      Duration every = atLeastASecond(options.getWatch(), "watch");
      return new ImagesToEmbed(
          "whatever comes to " + inputs,
          WatchImages.in(options.getInput(), every)
              .withSettle(
                  options.getSettle() == null
                      ? every
                      : Duration.ofSeconds(Options.seconds(options.getSettle(), "settle")))
              .withOutput(output)
              .withGiveUpAfter(giveUpAfter)
              .withMaxBatchDuration(fileEvery)
              .withLimits(limits)
              .withLabels(options.getLabel())
              .withColumns(options.getImageColumn(), options.getLabelColumn()));
    }
    return new ImagesToEmbed(
        inputs,
        ListImages.in(options.getInput())
            .withLimits(limits)
            .withLabels(options.getLabel())
            .withColumns(options.getImageColumn(), options.getLabelColumn())
            .withOutput(output)
            .withListings(listings)
            .withTally(counting));
  }

  /** How long a store or a broker may not answer; zero for ever. */
  static Duration giveUpAfter(EmbedOptions options) throws UsageException {
    return Duration.ofSeconds(Options.seconds(options.getGiveUpAfter(), "giveUpAfter"));
  }

  private static ReadImagesFromKafka topic(EmbedOptions options) throws UsageException {
    return switch (options.getMessages()) {
      case "images" -> ReadImagesFromKafka.images(options.getKafka(), options.getTopic());
      case "references" -> ReadImagesFromKafka.references(options.getKafka(), options.getTopic());
      default ->
          throw new UsageException(
              "unknown --messages=%s: take references, images".formatted(options.getMessages()));
    };
  }

  private static Duration atLeastASecond(String time, String option) throws UsageException {
    return Duration.ofSeconds(Math.max(1, Options.seconds(time, option)));
  }
}
