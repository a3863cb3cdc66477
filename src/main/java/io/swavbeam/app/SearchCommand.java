package io.swavbeam.app;

import io.swavbeam.model.inference.Embedder;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.embedding.EmbeddingFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Finds the images whose features are most like those of others, exactly: by the cosine with every
 * embedding of a folder, which is read once for all queries and never held.
 */
final class SearchCommand implements Command {
  private record Neighbour(double similarity, String source, String name, String label) {}

  /** An image, and the nearest ones so far; the farthest of them first. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Query(String name, float[] features, PriorityQueue<Neighbour> nearest) {
    Query(String name, float[] features) {
      this(name, features, new PriorityQueue<>(Comparator.comparingDouble(Neighbour::similarity)));
    }
  }

  @Override
  public String name() {
    return "search";
  }

  @Override
  public String summary() {
    return "find the images that are most like others";
  }

  @Override
  public Class<SearchOptions> options() {
    return SearchOptions.class;
  }

  @Override
  public void run(List<String> arguments, Console console)
      throws UsageException, CommandFailedException, IOException {
    SearchOptions options = Options.parse(arguments, SearchOptions.class);
    Options.require(options.getModel(), "model");
    Options.require(options.getEmbeddings(), "embeddings");
    Options.require(options.getQuery(), "query");
    Options.atLeast(options.getTop(), 1, "top");
    Path model = Path.of(options.getModel());
    String id = Embedder.describe(model).id();
    List<Query> queries = embed(model, options.getQuery(), console);
    String[] other = new String[1];
    EmbeddingFiles.read(
        Path.of(options.getEmbeddings()),
        row -> {
          if (row.model().equals(id)) {
            queries.forEach(query -> compare(query, row, options.getTop()));
          } else {
            other[0] = row.model();
          }
        });
    if (other[0] != null) {
      throw new CommandFailedException(
          "%s holds embeddings of model %s, not %s: give the --model that made them"
              .formatted(options.getEmbeddings(), other[0], id));
    }
    queries.forEach(query -> say(query, console));
  }

  private static List<Query> embed(Path model, List<String> inputs, Console console)
      throws IOException, CommandFailedException {
    List<Query> queries = new ArrayList<>();
    try (Embedder embedder = Embedder.load(model);
        Embedder.Batch batch = embedder.batch(1)) {
      ReadableImages.visit(
          inputs,
          console,
          (ref, image) -> {
            try (image) {
              batch.add(image);
            }
            queries.add(new Query(ref.name(), batch.embed().get(0).features()));
            return true;
          });
    }
    if (queries.isEmpty()) {
      throw new CommandFailedException("--query holds no image that can be read");
    }
    return queries;
  }

  private static void compare(Query query, Embedding row, int top) {
    double similarity = cosine(query.features(), row.embedding());
    PriorityQueue<Neighbour> nearest = query.nearest();
    if (nearest.size() < top || similarity > nearest.element().similarity()) {
      nearest.add(new Neighbour(similarity, row.source(), row.name(), row.label()));
      if (nearest.size() > top) {
        nearest.remove();
      }
    }
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double ofA = 0;
    double ofB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      ofA += (double) a[i] * a[i];
      ofB += (double) b[i] * b[i];
    }
    return product / Math.sqrt(ofA * ofB);
  }

  private static void say(Query query, Console console) {
    console.say("%s", query.name());
    query.nearest().stream()
        .sorted(Comparator.comparingDouble(Neighbour::similarity).reversed())
        .forEach(
            neighbour ->
                console.say(
                    "  %.4f  %s%s  %s",
                    neighbour.similarity(),
                    neighbour.name(),
                    neighbour.label() == null ? "" : "  (" + neighbour.label() + ")",
                    neighbour.source()));
  }
}
