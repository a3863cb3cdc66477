package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks the table in CONTRIBUTING.md of the files that an addition touches. */
class ContributingTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern LINK = Pattern.compile("\\[`[^`]+`]\\(([^)]+)\\)");
  private static final Pattern SOURCE = Pattern.compile(".*/main/(java|resources)/.*");

  @Test
  void namesAllFilesThatNameTheExample() throws IOException {
    List<String[]> rows =
        Files.readAllLines(ROOT.resolve("CONTRIBUTING.md")).stream()
            .map(line -> line.split("\\|"))
            .filter(cells -> cells.length == 5 && LINK.matcher(cells[2]).find())
            .toList();
    assertThat(rows)
        .extracting(cells -> cells[1].strip())
        .contains(
            "an optimiser",
            "an image format",
            "an archive format",
            "a metric",
            "a command",
            "a sink",
            "a recipe");
    for (String[] cells : rows) {
      Path example = links(cells[2]).iterator().next();
      Set<Path> listed = links(cells[3]);
      assertThat(listed).as(cells[1]).allMatch(Files::exists);
      assertThat(listed).as(cells[1]).containsAll(filesThatName(example));
    }
  }

  private static Set<Path> links(String cell) {
    return LINK.matcher(cell)
        .results()
        .map(link -> ROOT.resolve(link.group(1)))
        .collect(Collectors.toSet());
  }

  private static List<Path> filesThatName(Path example) throws IOException {
    assertThat(example).exists();
    String name = example.getFileName().toString().replaceFirst("\\.\\w+$", "");
    Matcher word = Pattern.compile("\\b%s\\b".formatted(Pattern.quote(name))).matcher("");
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .filter(file -> SOURCE.matcher(file.toString()).matches() && isText(file))
          .filter(file -> !file.equals(example))
          .filter(file -> word.reset(read(file)).find())
          .toList();
    }
  }

  private static boolean isText(Path file) {
    return file.toString().matches(".*\\.java|.*/services/.*") && Files.isRegularFile(file);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
