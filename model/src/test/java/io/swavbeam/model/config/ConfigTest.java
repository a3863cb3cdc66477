package io.swavbeam.model.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.testing.TinyRecipe;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

class ConfigTest {
  static final List<String> presets = Presets.NAMES;

  @ParameterizedTest
  @FieldSource("presets")
  void presetsAreComplete(String name) {
    SwavConfig preset = Presets.load(name);
    assertThat(ConfigJson.read(ConfigJson.write(preset), SwavConfig.class, name)).isEqualTo(preset);
  }

  @Test
  void recipesComeFromFilesToo(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("mine.json"), ConfigJson.write(TinyRecipe.RECIPE));
    assertThat(Presets.load(file.toString())).isEqualTo(TinyRecipe.RECIPE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"epsilon\"|\"epsilom\" : 1, \"epsilon\"|unknown key 'epsilom'",
        "\"batchSize\" : 4,||key 'batchSize' is missing",
        "\"batchSize\" : 4|\"batchSize\" : 0|batchSize must be at least 2, not 0",
        "\"epsilon\" : 0.05|\"epsilon\" : -1|loss.epsilon must be positive, not -1.0",
        "\"grey\" : 0.2|\"grey\" : 2|augmentation.grey must be in [0, 1], not 2.0",
        "[ 0, 1 ]|[ 0, 4 ]|the crops are numbered 0 to 3",
        "[ 0, 1 ]|[ 1, 1 ]|loss.cropsForAssign must name each crop once",
        "\"batchSize\" : 4|\"batchSize\" : 4, \"batchSize\" : 8|key 'batchSize' is there twice (line ",
        "\"batchSize\" : 4|\"batchSize\" : true|key 'batchSize' must be a whole number of at most 2147483647, not true (line ",
        "\"batchSize\" : 4|\"batchSize\" : \"4\"|key 'batchSize' must be a whole number of at most 2147483647, not '4' (line ",
        "\"batchSize\" : 4|\"batchSize\" : null|key 'batchSize' must be a whole number of at most 2147483647, not null (line ",
        "\"batchSize\" : 4|\"batchSize\" : [ 4 ]|key 'batchSize' must be a whole number of at most 2147483647, not [4] (line ",
        "\"batchSize\" : 4|\"batchSize\" : 5000000000|key 'batchSize' must be a whole number of at most 2147483647, not 5000000000 (line ",
        "\"epsilon\" : 0.05|\"epsilon\" : \"\"|key 'epsilon' must be a number, not '' (line ",
        "\"epsilon\" : 0.05|\"epsilon\" : 1e999|key 'epsilon' must be finite, not Infinity",
        "\"epsilon\" : 0.05|\"epsilon\" : NaN|NaN is not a number in JSON (line ",
        "\"sinkhornIterations\" : 3|\"sinkhornIterations\" : 2000000000|loss.sinkhornIterations must be at most 1000",
        "\"width\" : 64|\"width\" : 2147483647|network.width must be at most 65536",
        "\"crops\" : [ |\"crops\" : [ null, |key 'crops' must be an object, not null (line "
      })
  void saysWhatIsWrongWithARecipe(String from, String to, String message) {
    String json = ConfigJson.write(TinyRecipe.RECIPE);
    assertThat(json).contains(from);
    String broken = json.replace(from, to == null ? "" : to);
    assertThatThrownBy(() -> ConfigJson.read(broken, SwavConfig.class, "mine.json"))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("mine.json: ")
        .hasMessageContaining(message)
        .hasMessageNotContaining("\n");
  }

  /** The line in the message is that of the file, for any position of the key. */
  @Test
  void namesTheLine() {
    String json = ConfigJson.write(TinyRecipe.RECIPE);
    long line = json.substring(0, json.indexOf("\"epsilon\"")).lines().count();
    assertThatThrownBy(
            () -> SwavConfig.read(json.replace("\"epsilon\" : 0.05", "\"epsilon\" : {}"), "a.json"))
        .hasMessage("a.json: key 'epsilon' must be a number, not {} (line %d)", line);
  }

  @Test
  void aRecipeIsOneDocumentWithOrWithoutItsMark() {
    String json = ConfigJson.write(TinyRecipe.RECIPE);
    assertThat(SwavConfig.read("\uFEFF" + json, "a.json")).isEqualTo(TinyRecipe.RECIPE);
    assertThatThrownBy(() -> SwavConfig.read(json + json, "a.json"))
        .hasMessageStartingWith("a.json: there is more after the end of the object");
  }

  @Test
  void aRunsConfigurationIsARecipeToo(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, ConfigJson.write(TinyRecipe.run(10, 100)));
    assertThat(Presets.load(file.toString())).isEqualTo(TinyRecipe.RECIPE);
    Files.writeString(file, ConfigJson.write(TinyRecipe.RECIPE), StandardCharsets.UTF_16);
    assertThatThrownBy(() -> Presets.load(file.toString()))
        .hasMessage("%s is not UTF-8: save it as UTF-8", file);
  }

  @Test
  void differencesAreNamed() {
    String before = ConfigJson.write(TinyRecipe.run(10, 100));
    String after = ConfigJson.write(TinyRecipe.run(20, 100));
    assertThat(ConfigJson.differences(before, after)).containsExactly("steps: 10 -> 20");
    assertThat(ConfigJson.differences(before, before)).isEmpty();
  }

  /**
   * The ids of runs are part of embeddings, so they must not change. Each line has the version of
   * the software, the id, and {@code config.json}.
   */
  @Test
  void idsOfRunsOfEarlierVersionsStay() throws IOException {
    try (InputStream in = ConfigTest.class.getResourceAsStream("run-ids.tsv")) {
      List<String[]> lines =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .map(line -> line.split("\t"))
              .toList();
      assertThat(lines)
          .hasSize(80)
          .allSatisfy(
              line -> {
                RunConfig run = RunConfig.read(line[2], line[0]);
                assertThat(run.id()).as(line[2]).isEqualTo(line[1]);
                assertThat(RunConfig.read(run.toJson(), "now")).isEqualTo(run);
              });
    }
  }

  @Test
  void aRunOfALaterVersionIsRefused() {
    String run = TinyRecipe.run(10, 100).toJson();
    assertThatThrownBy(
            () -> RunConfig.read(run.replaceFirst("version\" : 2", "version\" : 0"), "config.json"))
        .hasMessage("config.json: key 'version' must be a positive whole number, not 0");
    assertThatThrownBy(
            () ->
                RunConfig.read(
                    run.replaceFirst("version\" : 2", "version\" : 99999999999"), "config.json"))
        .hasMessageStartingWith("config.json has format 99999999999, and");
    String later = run.replaceFirst("version\" : 2", "version\" : 3");
    assertThatThrownBy(() -> RunConfig.read(later, "config.json"))
        .hasMessage(
            "config.json has format 3, and this version supports formats up to 2: use the version of swav that wrote it")
        .extracting(KnownError::kindOf)
        .isEqualTo(ErrorKind.LATER_FORMAT);
  }

  /** The id of the run is part of embeddings, so it must not change. */
  @Test
  void readsRunsOfTheTimeBeforeDecodingsHadVersions() {
    ObjectNode tree = ConfigJson.tree(TinyRecipe.run(10, 100));
    tree.remove(List.of("decoding", "maxUnreadable", "init", "shuffle", "content"));
    ((ObjectNode) tree.get("recipe")).remove("microBatches");
    String before = ConfigJson.write(tree).replace("cropsForAssign", "codeViews");
    RunConfig run = RunConfig.read(before, "config.json");
    assertThat(run.decoding()).isEqualTo(DecodingConfig.FIRST);
    assertThat(run.id()).isEqualTo(new Digest().add(before).hex(12));
    assertThat(run.shuffle()).isEqualTo(Shuffle.FISHER_YATES);
    assertThat(TinyRecipe.run(10, 100).id()).isNotEqualTo(run.id());
  }

  @Test
  void readsRunsOfTheTimeBeforeThereWasAnotherShuffle() {
    ObjectNode tree = ConfigJson.tree(TinyRecipe.run(10, 100));
    tree.remove(List.of("init", "shuffle", "content"));
    ((ObjectNode) tree.get("decoding")).remove("decode");
    ((ObjectNode) tree.get("recipe")).remove("microBatches");
    String before = ConfigJson.write(tree).replace("cropsForAssign", "codeViews");
    RunConfig run = RunConfig.read(before, "config.json");
    assertThat(run.shuffle()).isEqualTo(Shuffle.FISHER_YATES);
    assertThat(run.id()).isEqualTo(new Digest().add(before).hex(12));
  }

  @Test
  void shardsDivideTheBatch() {
    assertThat(TinyRecipe.RECIPE.withBatchSize(256).shardSize()).isEqualTo(32);
    assertThat(TinyRecipe.RECIPE.withBatchSize(100).shardSize()).isEqualTo(25);
    assertThat(TinyRecipe.RECIPE.withBatchSize(37).shardsPerStep()).isEqualTo(37);
  }
}
