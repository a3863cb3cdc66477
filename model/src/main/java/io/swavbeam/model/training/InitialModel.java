package io.swavbeam.model.training;

import io.swavbeam.model.config.Digest;
import io.swavbeam.model.config.InitConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.graph.TrainingGraph;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.model.network.ProjectionHead;
import io.swavbeam.model.network.Prototypes;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.run.TrainingFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.types.TFloat32;

/**
 * The initial weights of a run: those of a model, or random ones by the seed. The run keeps a copy
 * of the model, so that its beginning stays known.
 *
 * @param model a run directory or the folder of a model; null for weights by the seed
 * @param freezeBackboneSteps steps in which the weights of the backbone do not change
 */
public record InitialModel(@Nullable Path model, long freezeBackboneSteps) {
  /** Weights by the seed. */
  public static final InitialModel NONE = new InitialModel(null, 0);

  private static final int DIGEST_LENGTH = 64;

  /**
   * Returns the entry for {@code config.json}: a digest of the model's network and weights.
   *
   * @throws InvalidConfigException in one line, if there is no such model
   */
  public InitConfig config() throws IOException {
    if (model == null) {
      return new InitConfig("", freezeBackboneSteps);
    }
    Digest digest = new Digest();
    for (Path file : files(Embedder.find(model))) {
      digest.add(file.getFileName().toString()).add(file);
    }
    return new InitConfig(digest.hex(DIGEST_LENGTH), freezeBackboneSteps);
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /**
   * Copies the model, unless that was done before.
   *
   * @param copy the folder to write, as a whole
   */
  public void copyTo(Path copy) throws IOException {
    if (model == null || Files.exists(copy)) {
      return;
    }
    Path from = Embedder.find(model);
    AtomicFiles.writeFolder(
        copy,
        unfinished -> {
          for (Path file : files(from)) {
            Path target = unfinished.resolve(from.relativize(file).toString());
            Files.createDirectories(target.getParent());
            Files.copy(file, target);
          }
        });
  }

  /**
   * Describes, in one line, which weights a network takes from the model.
   *
   * @throws InvalidConfigException in one line, if the backbones or the normalisation of images
   *     differ
   */
  public String plan(NetworkConfig wanted) {
    if (model == null) {
      return "beginning with random weights";
    }
    NetworkConfig there = Embedder.describe(model).requireNetwork(model.toString());
    List<String> differences = new ArrayList<>();
    if (!there.backbone().equals(wanted.backbone()) || there.width() != wanted.width()) {
      differences.add("backbone=%s width=%d".formatted(there.backbone(), there.width()));
    }
    if (!there.mean().equals(wanted.mean()) || !there.std().equals(wanted.std())) {
      differences.add("mean=%s std=%s".formatted(list(there.mean()), list(there.std())));
    }
    if (!differences.isEmpty()) {
      throw new InvalidConfigException(
          ErrorKind.OTHER_NETWORK,
          String.join(" ", differences),
          "the network of %s differs from the recipe's, with %s"
              .formatted(model, String.join(" ", differences)));
    }
    boolean head = sameHead(there, wanted);
    boolean prototypes = head && there.prototypes() == wanted.prototypes();
    return "beginning with the backbone%s of %s; %s"
        .formatted(
            prototypes
                ? ", the projection head and the prototypes (scaled to unit length)"
                : head ? " and the projection head" : "",
            model,
            prototypes
                ? "no part is random"
                : head ? "the prototypes are random" : "head and prototypes are random");
  }

  private static String list(List<Float> numbers) {
    return String.join(",", numbers.stream().map(String::valueOf).toList());
  }

  private static boolean sameHead(NetworkConfig there, NetworkConfig wanted) {
    return there.projectionDim() == wanted.projectionDim()
        && there.hiddenDim() == wanted.hiddenDim();
  }

  /**
   * Sets the weights of a network in training to those of a model: those of the backbone, and those
   * of the head and the prototypes if their sizes agree.
   *
   * @param model the run's copy of the model
   * @param digest digest of the model that the run begins with
   * @throws TrainingFailedException in one line, if the copy is not that model
   */
  static void load(Path model, String digest, NetworkConfig wanted, TrainingGraph graph)
      throws IOException {
    if (!new InitialModel(model, 0).config().model().equals(digest)) {
      throw new TrainingFailedException(
          "%s is not the model that the run began with: begin another run".formatted(model));
    }
    NetworkConfig there = Embedder.describe(model).requireNetwork(model.toString());
    boolean head = sameHead(there, wanted);
    boolean prototypes = head && there.prototypes() == wanted.prototypes();
    SavedNetwork.read(
        Embedder.find(model),
        SavedNetwork.shapes(there),
        values -> {
          Map<String, TFloat32> taken = new LinkedHashMap<>(values);
          taken
              .keySet()
              .removeIf(
                  name ->
                      name.equals(Prototypes.NAME)
                          ? !prototypes
                          : !head && ProjectionHead.owns(name));
          graph.set(taken);
        });
    if (prototypes) {
      graph.normalisePrototypes();
    }
  }
}
