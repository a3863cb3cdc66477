package io.swavbeam.app.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.EmbedOutcome;
import io.swavbeam.app.testing.Launcher;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.model.run.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Odd inputs from the folder of {@code -Dcases.dir}. Each entry ends as a row, a dead letter or a
 * sidecar. The expected numbers are in {@code cases.json}, or here if it has a range.
 */
@Tag("slow")
class CasesTest {
  private static final String ANY = "any";

  @TempDir private static Path shared;
  private static Path cases;
  private static Path model;
  private static JsonNode expected;

  @TempDir private Path folder;

  @BeforeAll
  static void unpackAndTrain() throws Exception {
    Path given = Path.of(System.getProperty("cases.dir", "")).toAbsolutePath();
    boolean present = Files.isRegularFile(given.resolve("cases.json"));
    if (!present) {
      System.out.println("SKIPPED: no odd inputs at " + given + " (-Dcases.dir=...)");
    }
    Assumptions.assumeTrue(present, "no odd inputs at " + given);
    expected = new ObjectMapper().readTree(given.resolve("cases.json").toFile()).get("cases");
    cases = Files.createDirectories(shared.resolve("cases"));
    Commands.unpack(given.resolve("cases.tar.gz"), cases);
    model = TestPhotos.train(shared, 2);
  }

  @ParameterizedTest(name = "{0}")
  @CsvFileSource(resources = "/cases.csv", nullValues = "-", quoteCharacter = '\'')
  void embeds(String name, String rows, String letters) throws Exception {
    JsonNode wanted = expected.get(name);
    EmbedOutcome found = embed(cases.resolve(name).toString());
    if (!ANY.equals(rows)) {
      assertThat(found.rows()).hasSize(rows == null ? wanted.get("rows").intValue() : number(rows));
    }
    if (!ANY.equals(letters)) {
      assertThat(found.letters())
          .hasSize(letters == null ? wanted.get("letters").intValue() : number(letters));
    }
    assertSidecars(found.outcome().out(), wanted.get("sidecars"));
    if (!found.rows().isEmpty()) {
      assertThat(found.outcome().out())
          .contains(
              " entries: %,d embeddings, %,d dead letters, "
                  .formatted(found.rows().size(), found.letters().size()));
    }
    Set<String> keys = new HashSet<>();
    found.rows().forEach(row -> keys.add(row.source() + "\0" + row.position()));
    assertThat(keys).as("no image has two rows").hasSameSizeAs(found.rows());
    assertThat(found.letters()).allMatch(letter -> !letter.error().contains("\n"));
  }

  private static int number(String text) {
    return Integer.parseInt(text);
  }

  private static void assertSidecars(String out, JsonNode wanted) {
    wanted
        .fields()
        .forEachRemaining(
            count ->
                assertThat(out)
                    .contains("%s %d".formatted(count.getKey(), count.getValue().intValue())));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "symloop/root, 2",
    "nested/ILSVRC.tar, 6",
    "tgz/PHOTOS.TGZ, 40",
    "gztrunc/cut.tar.gz, 69",
    "tartrunc/cut.tar, 74",
    "collide, 60",
    "bombs_zip/x.zip, 2",
  })
  void trains(String name, int images) throws Exception {
    Outcome outcome = train(cases.resolve(name), folder.resolve("run")).succeeded();
    assertThat(outcome.out()).contains(images + " images in ");
  }

  /** Uses the launcher, because the encoding cannot be changed after the start of Java. */
  @Test
  void namesBeyondAsciiAreFoundInACLocale() throws Exception {
    Outcome outcome =
        embedByLauncher(Map.of("LC_ALL", "C"), "loc/folder", "loc/gnu.tar", "loc/pax.tar");
    assertThat(outcome.out()).contains("9 entries: 9 embeddings, 0 dead letters");
  }

  private Outcome embedByLauncher(Map<String, String> environment, String... names)
      throws Exception {
    String inputs =
        Stream.of(names)
            .map(name -> cases.resolve(name).toString())
            .collect(Collectors.joining(","));
    Outcome outcome =
        Launcher.in(folder.resolve("launcher"))
            .run(
                environment,
                List.of(),
                "embed",
                "--model=" + model,
                "--input=" + inputs,
                "--output=" + folder.resolve("out"))
            .succeeded();
    return outcome;
  }

  /** Zeros that decompress to 3 GiB, and pictures with headers of that size. */
  @Test
  void oneGigabyteOfMemoryIsEnoughForBombs() throws Exception {
    Outcome outcome =
        embedByLauncher(
            Map.of("JAVA_TOOL_OPTIONS", "-Xmx1g"), "bombs_zip/x.zip", "bombs_gif", "bombs_bmp");
    assertThat(outcome.out()).contains("10 entries: 6 embeddings, 4 dead letters");
  }

  @Test
  void whatMayNotBeReadIsNamed() throws Exception {
    List<String> withoutName =
        List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
    Launcher.assumeCanRunBy(withoutName);
    Launcher launcher = Launcher.forAll(folder.resolve("launcher"));
    // Other users cannot enter temporary folders of this user.
    for (Path ours : new Path[] {shared, folder}) {
      Files.setPosixFilePermissions(ours, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Path output =
        Files.createDirectories(Path.of(System.getProperty("java.io.tmpdir")))
            .resolve("swav-perm-" + ProcessHandle.current().pid());
    Files.createDirectory(output);
    try {
      Files.setPosixFilePermissions(output, PosixFilePermissions.fromString("rwxrwxrwx"));
      Outcome outcome =
          launcher
              .run(
                  Map.of(),
                  withoutName,
                  "embed",
                  "--model=" + model,
                  "--input=" + cases.resolve("perm"),
                  "--output=" + output.resolve("out"))
              .succeeded();
      assertThat(outcome.out()).contains("3 entries: 1 embeddings, 2 dead letters");
    } finally {
      AtomicFiles.delete(output);
    }
  }

  @Test
  void everyFileOfTheFormatsIsARowOrALetter() throws Exception {
    EmbedOutcome found = embed(cases.resolve("formats/case").toString());
    try (Stream<Path> files = Files.list(cases.resolve("formats/case"))) {
      assertThat(found.rows().size() + found.letters().size()).isEqualTo((int) files.count());
    }
  }

  @Test
  void commasCanBeEscaped() throws Exception {
    EmbedOutcome found = embed(cases.resolve("brk/a\\,b") + "," + cases.resolve("brk/what?"));
    assertThat(found.rows()).hasSize(4);
  }

  @Test
  void anEmptyZipIsSaidInOneLine() throws Exception {
    embedding(cases.resolve("zips/empty.zip").toString()).refused();
  }

  @Test
  void noImageHasTwoRowsWhereAFolderComesAfterAPartOfIt() throws Exception {
    embed(cases.resolve("deep/train/0").toString());
    assertThat(embed(cases.resolve("deep").toString()).rows()).hasSize(6);
  }

  @Test
  void aRunsOwnCopyIsNoInput() throws Exception {
    Path input = cases.resolve("selfgz");
    for (int i = 0; i < 2; i++) {
      Outcome outcome = train(input, input.resolve("run")).succeeded();
      assertThat(outcome.out()).contains("40 images in ");
    }
  }

  @Test
  void aRunOfUnreadableImagesNamesThem() throws Exception {
    train(cases.resolve("allbad"), folder.resolve("run")).refused();
    assertThat(EmbedOutcome.letters(folder.resolve("run/dead-letters"))).hasSize(5);
  }

  private static Outcome train(Path input, Path run) {
    return Commands.swav(
        "train",
        "--input=" + input,
        "--output=" + run,
        "--preset=" + shared.resolve("tiny.json"),
        "--steps=2");
  }

  private Outcome embedding(String input) {
    return Commands.swav(
        "embed", "--model=" + model, "--input=" + input, "--output=" + folder.resolve("out"));
  }

  private EmbedOutcome embed(String input) throws IOException {
    Outcome outcome = embedding(input);
    assertThat(outcome.err()).doesNotContain("bug", "\tat ");
    return EmbedOutcome.of(outcome, folder.resolve("out"));
  }
}
