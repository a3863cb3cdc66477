package io.swavbeam.app.search;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.ConsoleProgress;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.ResourceUse;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.images.ReadableImages;
import io.swavbeam.app.images.ThumbnailRenderer;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.inference.ModelId;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.pipelines.embedding.ModelLocation;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command {@code swav search}, which searches for the images with the most similar features.
 */
public final class SearchCommand extends Command<SearchOptions> {
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Query(String name, float[] features, BufferedImage thumbnail) {}

  public SearchCommand() {
    super("search", "search for the most similar images", SearchOptions.class);
  }

  @Override
  protected void run(SearchOptions options, Console console)
      throws UsageException, CommandFailedException, IOException {
    Options.require(options.getModel(), "model");
    Options.require(options.getEmbeddings(), "embeddings");
    Options.require(options.getQuery(), "query");
    Options.atLeast(options.getTop(), 1, "top");
    Path png = options.getOutput() == null ? null : Options.outputFile(options.getOutput());
    ResourceUse use = new ResourceUse();
    ModelLocation model = ModelLocation.of(options.getModel());
    Folder embeddings = Folder.of(options.getEmbeddings());
    ModelDescription description = model.describe();
    ModelId id = id(description, embeddings);
    List<Query> queries = embed(model, id, options.getQuery(), console);
    EmbeddingSearch search =
        options.getIndex() == null
            ? new ExactSearch(embeddings, id.toString())
            : new LuceneIndex(
                Options.path(options.getIndex(), "index"),
                embeddings,
                id.toString(),
                new ConsoleProgress(console));
    List<List<Neighbour>> found =
        search.nearest(queries.stream().map(Query::features).toList(), options.getTop());
    for (int i = 0; i < queries.size(); i++) {
      console.say("%s", queries.get(i).name());
      found.get(i).forEach(neighbour -> say(neighbour, console));
    }
    if (png != null) {
      ContactSheet.write(
              queries.stream().map(Query::thumbnail).toList(), found, Options.fields(options), png)
          .forEach(problem -> console.say("not drawn: %s", problem));
      console.say("the neighbours are drawn in %s", png);
    }
    console.say("took %s", use);
  }

  /** Returns the id of the embeddings if they are of the model, else the default id. */
  private static ModelId id(ModelDescription model, Folder embeddings) throws IOException {
    List<Location> files = EmbeddingFiles.list(embeddings);
    if (!files.isEmpty()) {
      ModelId theirs = ModelId.parse(EmbeddingFiles.summaries(files.subList(0, 1)).get(0).model());
      if (theirs.network().equals(model.id())
          && SavedNetwork.PRECISIONS.contains(theirs.precision())) {
        return theirs;
      }
    }
    return new ModelId(model.id(), Precision.FLOAT32, model.present());
  }

  private static List<Query> embed(
      ModelLocation model, ModelId id, List<String> inputs, Console console)
      throws IOException, CommandFailedException {
    List<Query> queries = new ArrayList<>();
    try (Embedder embedder =
            model.load(id.precision(), id.decoding(), Hardware.devices(Hardware.AUTO));
        Embedder.Batch batch = embedder.batch(1);
        ThumbnailRenderer renderer = new ThumbnailRenderer(ContactSheet.SIDE)) {
      ReadableImages.visit(
          inputs,
          ImageLimits.DEFAULT,
          id.decoding(),
          batch::reduction,
          image -> console.say("left out %s", image),
          (ref, image) -> {
            BufferedImage thumbnail;
            try (image) {
              batch.add(image);
              thumbnail = renderer.thumbnail(image.pixels());
            }
            queries.add(new Query(ref.name(), batch.embed().get(0).features(), thumbnail));
            return true;
          });
    }
    if (queries.isEmpty()) {
      throw new CommandFailedException("--query holds no image that can be read");
    }
    return queries;
  }

  private static void say(Neighbour neighbour, Console console) {
    console.say(
        "  %.4f  %s%s  %s",
        neighbour.similarity(),
        neighbour.name(),
        neighbour.label() == null ? "" : "  (" + neighbour.label() + ")",
        neighbour.source());
  }
}
