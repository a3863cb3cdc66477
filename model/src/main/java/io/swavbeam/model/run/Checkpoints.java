package io.swavbeam.model.run;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.history.History;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.tensorflow.exceptions.TensorFlowException;

/** The checkpoints of a run: folders {@code step-n}, where n is the number of applied steps. */
public final class Checkpoints {
  private static final Pattern NAME = Pattern.compile("step-(\\d+)");
  private static final String VARIABLES = "variables";
  private static final String DESCRIPTION = "checkpoint.json";

  private record Description(long step, long seed, long deadLetters) {}

  /** The variables whose values a checkpoint holds. */
  public interface Variables {
    /**
     * Writes all values.
     *
     * @param prefix prefix of the names of the files, in an existing folder
     */
    void save(Path prefix);

    /** Sets all variables to the values that {@link #save} has written. */
    void restore(Path prefix);
  }

  /**
   * A restored checkpoint.
   *
   * @param step number of applied steps
   * @param deadLetters number of different dead letters of these steps
   */
  public record Restored(long step, long deadLetters) {}

  private record Checkpoint(long step, Path folder) {}

  private final Path folder;
  private final int keep;
  private final int keepEvery;

  /**
   * @param keep number of newest checkpoints that are kept, at least 1
   * @param keepEvery checkpoints whose step is a multiple of this are kept, too; 0 for none
   */
  public Checkpoints(Path folder, int keep, int keepEvery) {
    this.folder = folder;
    this.keep = keep;
    this.keepEvery = keepEvery;
  }

  /** Writes a checkpoint, and deletes those that are no longer kept. */
  public void save(Variables variables, long step, long seed, long deadLetters) throws IOException {
    AtomicFiles.writeFolder(
        folder.resolve("step-" + step),
        unfinished -> {
          variables.save(unfinished.resolve(VARIABLES));
          Files.writeString(
              unfinished.resolve(DESCRIPTION),
              ConfigJson.write(new Description(step, seed, deadLetters), History.CHECKPOINT));
        });
    List<Checkpoint> all = list(folder);
    for (Checkpoint old : all.subList(0, Math.max(0, all.size() - keep))) {
      if (keepEvery == 0 || old.step() % keepEvery != 0) {
        AtomicFiles.delete(old.folder());
      }
    }
  }

  /**
   * Restores the newest checkpoint. If it is damaged, renames it and restores the one before it.
   *
   * @param warnings receives a line for each damaged checkpoint
   * @return the restored checkpoint; that of step 0 if there is none
   * @throws TrainingFailedException if all are damaged
   * @throws InvalidConfigException if a later version of the software wrote the newest one
   */
  public Restored restoreNewest(Variables variables, Consumer<String> warnings) throws IOException {
    AtomicFiles.deleteUnfinished(folder);
    List<Checkpoint> all = list(folder);
    for (int i = all.size() - 1; i >= 0; i--) {
      Checkpoint newest = all.get(i);
      try {
        Restored restored = describe(newest);
        variables.restore(newest.folder().resolve(VARIABLES));
        return restored;
      } catch (TensorFlowException
          | IllegalArgumentException
          | InvalidConfigException
          | NoSuchFileException e) {
        if (e instanceof InvalidConfigException known && known.kind() == ErrorKind.LATER_FORMAT) {
          throw e;
        }
        if (i == 0) {
          throw new TrainingFailedException(
              "checkpoint %s is damaged, and there is none before it: delete it to begin again"
                  .formatted(newest.folder()),
              e);
        }
        Path aside = newest.folder().resolveSibling("damaged-" + newest.folder().getFileName());
        AtomicFiles.delete(aside);
        Files.move(newest.folder(), aside, StandardCopyOption.ATOMIC_MOVE);
        warnings.accept(
            "checkpoint %s is damaged: it is now %s, and training continues from the one before it"
                .formatted(newest.folder(), aside.getFileName()));
      }
    }
    return new Restored(0, 0);
  }

  /**
   * Renames a checkpoint, if it exists, because the step with its weights has failed.
   *
   * @param step number of applied steps
   */
  public void discard(long step) throws IOException {
    Path bad = folder.resolve("step-" + step);
    if (Files.isDirectory(bad)) {
      Path aside = bad.resolveSibling("diverged-" + bad.getFileName());
      AtomicFiles.delete(aside);
      Files.move(bad, aside, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static Restored describe(Checkpoint checkpoint) throws IOException {
    Path file = checkpoint.folder().resolve(DESCRIPTION);
    Description description =
        ConfigJson.read(
            Files.readString(file), Description.class, file.toString(), History.CHECKPOINT);
    return new Restored(checkpoint.step(), description.deadLetters());
  }

  /** Returns the newest checkpoint, if there is one. */
  public static Optional<Saved> newest(Path folder) throws IOException {
    List<Checkpoint> all = list(folder);
    if (all.isEmpty()) {
      return Optional.empty();
    }
    Checkpoint newest = all.get(all.size() - 1);
    return Optional.of(new Saved(newest.step(), newest.folder().resolve(VARIABLES)));
  }

  /**
   * A checkpoint on disk.
   *
   * @param step number of applied steps
   * @param variables prefix of the files
   */
  public record Saved(long step, Path variables) {}

  private static List<Checkpoint> list(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(
              file -> {
                Matcher matcher = NAME.matcher(file.getFileName().toString());
                return matcher.matches()
                    ? new Checkpoint(Long.parseLong(matcher.group(1)), file)
                    : null;
              })
          .filter(Objects::nonNull)
          .sorted(Comparator.comparingLong(Checkpoint::step))
          .toList();
    }
  }
}
