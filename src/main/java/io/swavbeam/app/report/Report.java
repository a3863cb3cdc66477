package io.swavbeam.app.report;

import io.swavbeam.app.command.Progress;
import io.swavbeam.app.evaluation.Metrics;
import io.swavbeam.app.evaluation.metrics.FeatureStatistics;
import io.swavbeam.app.evaluation.metrics.FeatureStatistics.PrincipalComponents;
import io.swavbeam.app.evaluation.sample.EmbeddingSample;
import io.swavbeam.app.report.ReportData.Layout;
import io.swavbeam.app.report.ReportData.PointMap;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.embedding.Embedding;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The content of a report about embeddings and the run of their model.
 *
 * @param points the largest number of images on the map
 * @param galleries the largest number of clusters with a gallery
 * @param fields the fields of samples that were embedded
 */
public record Report(int points, int galleries, SampleFields fields) {
  /** The default number of images on the map. */
  public static final int POINTS = 3000;

  /** The default number of clusters with a gallery. */
  public static final int GALLERIES = 300;

  private static final int AXES = 2;
  private static final int COMPONENTS = 50;
  private static final String GONE =
      "None of the images can be found at the place where it was embedded.";
  private static final int SOURCES = 5;
  private static final int CROPPED = 3;

  /** The data and the pictures of a report. */
  public record Content(ReportData data, List<String> sheets) {}

  /**
   * Collects the content.
   *
   * @param sample the embeddings
   * @param metrics the metrics of these embeddings
   * @param run the run directory of the model, or null
   */
  public Content gather(
      EmbeddingSample sample, Metrics metrics, @Nullable Path run, Progress progress)
      throws IOException {
    Map<String, String> missing = new LinkedHashMap<>();
    List<Embedding> rows = sample.rows();
    Thumbnails thumbnails = new Thumbnails(fields);
    ReportImages pictures = new ReportImages(sample, thumbnails);
    PointMap map = null;
    ReportData.Features features = null;
    ReportData.Neighbours neighbours = null;
    if (rows.size() < 2) {
      String why = "There is only one embedding.";
      List.of("map", "features", "neighbours").forEach(part -> missing.put(part, why));
    } else {
      FeatureStatistics statistics = FeatureStatistics.of(sample.features(), progress);
      PrincipalComponents components = statistics.principalComponents(COMPONENTS);
      map = map(sample, components.first(AXES), pictures);
      features = FeatureAnalysis.of(sample.features(), statistics, components);
      neighbours = Neighbourhoods.of(sample, pictures, progress);
    }
    Galleries clusters = new Galleries(rows, pictures);
    List<ReportData.Cluster> largest = clusters.largest(galleries);
    if (!sample.hasClusters()) {
      missing.put("clusters", "The model has no prototypes.");
    }

    RunConfig config = run == null ? null : RunDirectory.readConfig(run);
    ReportData.Training training =
        config == null ? null : TrainingCurves.read(RunDirectory.metrics(run), config);
    if (config == null) {
      String why = "Give --run=<run directory> to see it.";
      List.of("training", "crops", "config").forEach(part -> missing.put(part, why));
    } else if (training == null) {
      missing.put("training", "%s has logged no step.".formatted(run));
    }
    List<ReportData.Crops> crops =
        config == null ? List.of() : CropsOfImages.of(config, first(sample), fields);
    if (config != null && crops.isEmpty()) {
      missing.put("crops", GONE);
    }

    Thumbnails.Sheets sheets = thumbnails.draw(progress);
    List<String> notes = new ArrayList<>(metrics.notes());
    sheets.problems().stream().limit(SOURCES).forEach(notes::add);
    if (sheets.problems().size() > SOURCES) {
      notes.add("%,d more files could not be read".formatted(sheets.problems().size() - SOURCES));
    }
    if (sheets.drawn() == 0) {
      missing.put("thumbnails", GONE);
    }
    return new Content(
        new ReportData(
            run == null ? sample.model() : run.toAbsolutePath().getFileName().toString(),
            metrics,
            pictures.labels(),
            training,
            map,
            largest,
            clusters.sizes(),
            neighbours,
            features,
            crops,
            config == null ? null : ConfigJson.write(config),
            provenance(sample, run, config),
            sheets.drawn() == 0
                ? null
                : new Layout(Thumbnails.SIDE, Thumbnails.COLUMNS, sheets.sheets().size()),
            missing,
            notes),
        sheets.drawn() == 0 ? List.of() : sheets.sheets());
  }

  private PointMap map(
      EmbeddingSample sample, PrincipalComponents components, ReportImages pictures) {
    int[] some = sample.some(points);
    float[] x = new float[some.length];
    float[] y = new float[some.length];
    int[] labels = new int[some.length];
    int[] clusters = new int[some.length];
    float[] confidence = new float[some.length];
    int[] pictured = new int[some.length];
    List<String> names = new ArrayList<>();
    for (int i = 0; i < some.length; i++) {
      Embedding row = sample.rows().get(some[i]);
      double[] place = components.project(row.embedding());
      x[i] = (float) place[0];
      y[i] = place.length < AXES ? 0 : (float) place[1];
      labels[i] = pictures.label(row);
      if (row.cluster() != null) {
        clusters[i] = row.cluster();
        confidence[i] = row.clusterProbability();
      }
      pictured[i] = pictures.thumbnail(row);
      names.add(row.name());
    }
    return new PointMap(
        sample.of(), components.explained(), x, y, labels, clusters, confidence, pictured, names);
  }

  private static List<Embedding> first(EmbeddingSample sample) {
    List<Embedding> first = new ArrayList<>();
    for (int i : sample.some(CROPPED)) {
      first.add(sample.rows().get(i));
    }
    return first;
  }

  private static Map<String, String> provenance(
      EmbeddingSample sample, @Nullable Path run, @Nullable RunConfig config) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Model", sample.model());
    if (config != null) {
      facts.put("Run", run.toAbsolutePath().normalize().toString());
      facts.put(
          "Trained",
          "%,d steps of %,d images, seed %d, %s"
              .formatted(
                  config.steps(),
                  config.recipe().batchSize(),
                  config.seed(),
                  ConfigJson.write(config.precision()).replace("\"", "").strip()));
      facts.put(
          "Trained on", "%,d images, manifest %s".formatted(config.images(), config.manifest()));
    }
    TreeSet<String> sources = new TreeSet<>();
    sample.rows().forEach(row -> sources.add(row.source()));
    facts.put(
        "Embedded",
        "%,d images of %,d file%s"
            .formatted(sample.of(), sources.size(), sources.size() == 1 ? "" : "s"));
    facts.put(
        "Files",
        String.join("\n", sources.stream().limit(SOURCES).toList())
            + (sources.size() > SOURCES ? "\n…" : ""));
    facts.put("Report of", LocalDate.now(ZoneOffset.UTC).toString());
    facts.put("Java", Runtime.version().toString());
    return facts;
  }
}
