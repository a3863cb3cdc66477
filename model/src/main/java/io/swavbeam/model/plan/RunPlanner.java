package io.swavbeam.model.plan;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InitConfig;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.Shuffle;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.tensorflow.Hardware;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A planner of training runs. The plan is a function of the arguments alone. */
public final class RunPlanner {
  /**
   * A run directory.
   *
   * @param init the initial weights of a run in it
   * @param begun the run that it holds, or null
   * @param hasSameImages whether the images of {@code begun} are those of the request, so that it
   *     keeps its digests of them
   */
  public record Directory(InitConfig init, @Nullable RunConfig begun, boolean hasSameImages) {}

  private final RunRequest request;
  private final RunImages images;
  private final Machine machine;
  private final Directory directory;
  private final List<String> reasons = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private RunPlanner(RunRequest request, RunImages images, Machine machine, Directory directory) {
    this.request = request;
    this.images = images;
    this.machine = machine;
    this.directory = directory;
  }

  /**
   * Plans a run.
   *
   * @throws io.swavbeam.model.config.InvalidConfigException in one line, if the hardware cannot
   *     compute in the precision, or the values make no recipe
   */
  public static RunPlan plan(
      RunRequest request, RunImages images, Machine machine, Directory directory) {
    return new RunPlanner(request, images, machine, directory).plan();
  }

  private RunPlan plan() {
    RunConfig begun = directory.begun();
    boolean keepsPrecision = begun != null && request.precision().equals(Hardware.AUTO);
    Precision precision =
        machine.precision(keepsPrecision ? begun.precision().toString() : request.precision());
    SwavConfig recipe = microBatches(recipe(precision), precision);
    DecodingConfig decoding =
        begun != null && request.keepsDecode()
            ? request.decoding().withDecode(begun.decoding().decode())
            : request.decoding();
    boolean keepsImages = begun != null && directory.hasSameImages();
    long count = keepsImages ? begun.images() : images.images();
    // A run of an earlier version has no digest of the bytes.
    boolean keepsContent = keepsImages || (begun != null && begun.content().isEmpty());
    RunConfig run =
        new RunConfig(
            recipe,
            precision,
            request.seed(),
            request.steps() == 0 ? recipe.steps(count) : request.steps(),
            count,
            keepsImages ? begun.manifest() : images.manifest(),
            keepsContent ? begun.content() : images.content(),
            decoding,
            request.maxUnreadable(),
            directory.init(),
            begun == null ? Shuffle.FEISTEL : begun.shuffle());
    if (begun != null) {
      ConfigJson.differences(ConfigJson.write(begun), ConfigJson.write(run))
          .forEach(key -> warnings.add("the run that was begun differs in " + key));
    }
    return new RunPlan(run, reasons, warnings);
  }

  private SwavConfig recipe(Precision precision) {
    if (request.recipe() instanceof RecipeRequest.Named named) {
      return named.recipe();
    }
    RecipeRequest.Chosen chosen = (RecipeRequest.Chosen) request.recipe();
    if (directory.begun() != null) {
      return directory.begun().recipe().with(chosen.changes());
    }
    AutoRecipe choice =
        AutoRecipe.of(images, machine.hasGpu(), recipe -> machine.largestBatch(recipe, precision));
    reasons.addAll(choice.reasons());
    return choice.recipe().with(chosen.changes());
  }

  /**
   * Returns the recipe with its number of micro-batches. A run that was begun keeps its number,
   * because its result depends on it.
   */
  private SwavConfig microBatches(SwavConfig recipe, Precision precision) {
    if (!request.microBatchesByMemory()) {
      return recipe;
    }
    if (directory.begun() != null) {
      return recipe.withMicroBatches(directory.begun().recipe().microBatches());
    }
    OptionalInt parts = machine.microBatches(recipe, precision);
    if (parts.isEmpty()) {
      warnings.add("a step does not fit into memory, in any number of micro-batches");
    } else if (parts.getAsInt() > 1) {
      reasons.add("%d micro-batches, so that a step fits into memory".formatted(parts.getAsInt()));
    }
    return recipe.withMicroBatches(parts.orElse(1));
  }
}
