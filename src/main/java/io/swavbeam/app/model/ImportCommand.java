package io.swavbeam.app.model;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.model.backbone.ResNetKind;
import io.swavbeam.model.config.Digest;
import io.swavbeam.model.config.EvaluationConfig;
import io.swavbeam.model.config.NetworkConfig;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.inference.ModelImport;
import io.swavbeam.model.inference.WeightSource;
import io.swavbeam.model.run.TemporaryFolder;
import io.swavbeam.model.weights.Folded;
import io.swavbeam.model.weights.InvalidWeightsException;
import io.swavbeam.model.weights.PretrainedNetwork;
import io.swavbeam.model.weights.SeveralNetworksException;
import io.swavbeam.model.weights.WeightFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The command {@code swav import}, which creates a model from published weights of others. */
public final class ImportCommand extends Command<ImportOptions> {
  private static final int SHA256 = 64;
  private static final int SMALL_SIDE = 32;
  private static final int GROUPS = 20;

  public ImportCommand() {
    super("import", "import a model from weights of other software", ImportOptions.class);
  }

  @Override
  protected void run(ImportOptions options, Console console) throws Exception {
    Options.require(options.getWeights(), "weights");
    Options.require(options.getOutput(), "output");
    Options.atLeast(options.getHead(), 0, "head");
    if (!(options.getTemperature() > 0)) {
      throw new UsageException(
          "--temperature must be positive, not %s".formatted(options.getTemperature()));
    }
    if ((options.getPrototypes() == null) != (options.getInput() == null)) {
      throw new UsageException(
          "--prototypes and --input belong together: the number of prototypes and the images to find them on");
    }
    if (options.getPrototypes() != null) {
      Options.atLeast(options.getPrototypes(), 2, "prototypes");
    }
    SwavConfig defaults = Presets.load("imagenet");
    List<Float> mean = rgb(options.getMean(), defaults.network().mean(), "mean");
    List<Float> std = rgb(options.getStd(), defaults.network().std(), "std");
    Path weights = Options.path(options.getWeights(), "weights");
    Path output = Options.path(options.getOutput(), "output").toAbsolutePath();
    if (!Files.isRegularFile(weights)) {
      throw new CommandFailedException("--weights=%s is not a file".formatted(weights));
    }
    if (Files.exists(output)) {
      throw new CommandFailedException(
          "--output=%s exists already: choose another folder".formatted(output));
    }
    try (WeightFile file = WeightFile.open(weights)) {
      PretrainedNetwork network =
          PretrainedNetwork.in(file, options.getPrefix(), options.getHead(), mean, std);
      say(network, options.getHead(), console);
      Digest digest = new Digest();
      for (Path part : file.files()) {
        digest.add(part);
      }
      WeightSource source =
          new WeightSource(
              weights.getFileName().toString(),
              digest.hex(SHA256),
              file.length(),
              options.getHead(),
              network.others().isEmpty() ? "" : network.prefix());
      ModelDescription model =
          ModelImport.describe(
              network,
              source,
              evaluation(options, network.config(), defaults.evaluation()),
              options.getTemperature());
      if (options.getPrototypes() == null) {
        ModelImport.write(network, model, output);
      } else {
        model = withPrototypes(network, model, output, options, console);
      }
      console.say("model %s is in %s", model.id(), output);
    } catch (SeveralNetworksException e) {
      throw new CommandFailedException(
          "%s cannot be imported: %s; choose one, for example --prefix=%s"
              .formatted(weights, e.getMessage(), e.prefixes().get(e.prefixes().size() - 1)));
    } catch (InvalidWeightsException e) {
      throw new CommandFailedException(
          "%s cannot be imported: %s".formatted(weights, e.getMessage()));
    }
  }

  /** Embeds the images with the model, and writes the model with the centres as prototypes. */
  private static ModelDescription withPrototypes(
      PretrainedNetwork network,
      ModelDescription model,
      Path output,
      ImportOptions options,
      Console console)
      throws Exception {
    try (TemporaryFolder temporary = new TemporaryFolder("swav-import-")) {
      Path folder = temporary.path();
      Path plain = folder.resolve("model");
      ModelImport.write(network, model, plain);
      float[][] found = FoundPrototypes.of(plain, options, console);
      ModelDescription described = ModelImport.withPrototypes(model, found);
      ModelImport.write(network, described, found, output);
      console.say("%,d prototypes were found by spherical k-means", found.length);
      return described;
    }
  }

  private static void say(PretrainedNetwork network, int head, Console console) {
    NetworkConfig config = network.config();
    console.say(
        "%s of width %d; %s; %s%s",
        config.backbone(),
        config.width(),
        config.projectionDim() == 0
            ? "no projection head"
            : "projections of %,d numbers".formatted(config.projectionDim()),
        config.prototypes() == 0
            ? "no prototypes"
            : "%,d prototypes".formatted(config.prototypes()),
        network.heads() > 1 ? ", set %d of %d".formatted(head, network.heads()) : "");
    if (!network.others().isEmpty()) {
      console.say(
          "using the network with the prefix %s; --prefix selects another: %s",
          network.prefix().isEmpty() ? "'' (none)" : network.prefix(),
          String.join(", ", network.others()));
    } else if (!network.prefix().isEmpty()) {
      console.say("its names have the prefix %s", network.prefix());
    }
    if (!network.leftOut().isEmpty()) {
      console.say(
          "left out: %s",
          String.join(", ", Folded.names(network.leftOut(), network.others(), GROUPS)));
    }
  }

  private static EvaluationConfig evaluation(
      ImportOptions options, NetworkConfig config, EvaluationConfig defaults) {
    boolean small = config.backbone().endsWith(ResNetKind.SMALL_STEM);
    return new EvaluationConfig(
        given(options.getResize(), small ? SMALL_SIDE : defaults.resize()),
        given(options.getImageSize(), small ? SMALL_SIDE : defaults.imageSize()));
  }

  private static int given(@Nullable Integer value, int otherwise) {
    return value == null ? otherwise : value;
  }

  private static List<Float> rgb(
      @Nullable List<Double> values, List<Float> otherwise, String option) throws UsageException {
    if (values == null) {
      return otherwise;
    }
    if (values.size() != otherwise.size()) {
      throw new UsageException("--%s needs three numbers: red, green, blue".formatted(option));
    }
    return values.stream().map(Double::floatValue).toList();
  }
}
