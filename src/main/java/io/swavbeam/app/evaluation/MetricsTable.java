package io.swavbeam.app.evaluation;

import io.swavbeam.app.command.Console;
import io.swavbeam.app.evaluation.metrics.ClusterAgreement;
import io.swavbeam.app.evaluation.probe.LinearProbe;

/** A printer of metrics as a table, with name, value and settings in each line. */
record MetricsTable(Console console) {
  void say(Metrics metrics) {
    console.say(
        "%,d embeddings of %d features, by %s",
        metrics.judged(), metrics.dimensions(), metrics.model());
    if (metrics.classification() != null) {
      say(metrics.classification());
    }
    if (metrics.clusters() != null) {
      say(metrics.clusters());
    }
    if (metrics.features() != null) {
      say(metrics.features(), metrics.dimensions());
    }
    metrics.notes().forEach(note -> console.say("note: %s", note));
  }

  private void say(Metrics.Classification classification) {
    console.say(
        "classification: %,d training images of %d classes, %,d test images",
        classification.trainImages(), classification.classes(), classification.testImages());
    for (Metrics.Knn knn : classification.knn()) {
      percent(
          "%d-NN accuracy".formatted(knn.neighbours()),
          knn.accuracy(),
          "weighted, cosine, temperature %s".formatted(knn.temperature()));
    }
    if (classification.linearProbe() != null) {
      LinearProbe.Settings settings = classification.linearProbe().settings();
      LinearProbe.Result result = classification.linearProbe().result();
      percent(
          "linear probe accuracy",
          result.accuracy(),
          "logistic regression, standardised, L2 with C %s, L-BFGS, %d iterations%s; %.2f %% on its own images"
              .formatted(
                  settings.c(),
                  result.iterations(),
                  result.converged() ? "" : " (not converged)",
                  100 * result.trainAccuracy()));
    }
  }

  private void say(Metrics.Clusters clusters) {
    console.say("clusters");
    line(
        "prototypes used",
        "%d".formatted(clusters.used()),
        clusters.prototypes() == null
            ? "give --run to see the number of prototypes"
            : "of %d".formatted(clusters.prototypes()));
    line(
        "entropy of use",
        "%.4f".formatted(clusters.entropy()),
        "nats: equivalent to %.1f equal clusters; the largest has %.2f %% of the images"
            .formatted(clusters.effective(), 100 * clusters.largestShare()));
    ClusterAgreement agreement = clusters.agreement();
    if (agreement == null) {
      return;
    }
    percent("purity", agreement.purity(), "images in the most frequent class of their cluster");
    line("NMI", "%.4f".formatted(agreement.nmi()), "normalised mutual information, arithmetic");
    line("AMI", "%.4f".formatted(agreement.ami()), "the same, adjusted for chance");
    line("ARI", "%.4f".formatted(agreement.ari()), "adjusted Rand index");
    if (agreement.hungarianAccuracy() != null) {
      percent("Hungarian accuracy", agreement.hungarianAccuracy(), "a class for each cluster");
    }
  }

  private void say(Metrics.Features features, int dimensions) {
    console.say("features");
    line("RankMe", "%.2f".formatted(features.rankMe()), "effective rank, of " + dimensions);
    line(
        "deviation",
        "%.4f".formatted(features.deviation()),
        "1: uniform on the sphere, 0: one point");
    if (features.consistency() != null) {
      percent(
          "neighbours' consistency",
          features.consistency(),
          "of the %d nearest are in the same cluster; %,d images sampled"
              .formatted(features.neighbours(), features.queries()));
    }
  }

  private void percent(String name, double share, String how) {
    line(name, "%.2f %%".formatted(100 * share), how);
  }

  private void line(String name, String value, String how) {
    console.say("  %-24s %10s   %s", name, value, how);
  }
}
