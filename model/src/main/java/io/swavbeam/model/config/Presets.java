package io.swavbeam.model.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Access to recipes by the names of presets, and to recipes in files. */
public final class Presets {
  /** The names of the presets. */
  public static final List<String> NAMES =
      List.of(
          "cifar10",
          "cifar10-resnet18",
          "demo",
          "imagenet",
          "imagenet-large-batch",
          "photos",
          "tutorial");

  private Presets() {}

  /**
   * Reads a recipe.
   *
   * @param nameOrFile one of {@link #NAMES}, or the path of a JSON file like theirs, or of the
   *     {@code config.json} of a run, whose recipe is taken
   * @throws InvalidConfigException if there is no such preset or file, or it is not valid
   */
  public static SwavConfig load(String nameOrFile) {
    if (NAMES.contains(nameOrFile)) {
      try (InputStream in = Presets.class.getResourceAsStream(nameOrFile + ".json")) {
        String json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        return SwavConfig.read(json, "preset " + nameOrFile);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    Path file = Path.of(nameOrFile);
    if (!Files.isRegularFile(file)) {
      throw new InvalidConfigException(
          "unknown preset '%s': take one of %s, or the path of a JSON file like theirs"
              .formatted(nameOrFile, String.join(", ", NAMES)));
    }
    try {
      String json = Files.readString(file);
      return RunConfig.isOne(json)
          ? RunConfig.read(json, file.toString()).recipe()
          : SwavConfig.read(json, file.toString());
    } catch (CharacterCodingException e) {
      throw new InvalidConfigException("%s is not UTF-8: save it as UTF-8".formatted(file), e);
    } catch (IOException e) {
      throw new InvalidConfigException("%s cannot be read: %s".formatted(file, e));
    }
  }
}
