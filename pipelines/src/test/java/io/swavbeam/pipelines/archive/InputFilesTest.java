package io.swavbeam.pipelines.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputFilesTest {
  @TempDir private Path folder;

  @BeforeEach
  void write() throws IOException {
    for (String name : List.of("a/1.jpg", "a/2.jpg", "b/c/3.jpg", "4.jpg")) {
      Files.createDirectories(folder.resolve(name).getParent());
      Files.writeString(folder.resolve(name), "x");
    }
  }

  @Test
  void takesFilesFoldersAndPatterns() throws Exception {
    assertThat(names("/a/1.jpg")).containsExactly("1.jpg");
    assertThat(names("")).containsExactly("4.jpg", "a/1.jpg", "a/2.jpg", "b/c/3.jpg");
    assertThat(names("/")).containsExactly("4.jpg", "a/1.jpg", "a/2.jpg", "b/c/3.jpg");
    assertThat(names("/*/*.jpg")).containsExactly("a/1.jpg", "a/2.jpg");
    assertThat(names("/**/*.jpg")).contains("a/1.jpg", "a/2.jpg", "b/c/3.jpg");
  }

  @Test
  void takesEachFileOnce() throws Exception {
    assertThat(InputFiles.find(List.of(folder + "/a/1.jpg", folder + "/a", folder + "/a/*")))
        .hasSize(2);
  }

  @Test
  void takesRelativePaths() throws Exception {
    Path relative = Path.of("").toAbsolutePath().relativize(folder.toRealPath());
    assertThat(InputFiles.find(List.of(relative + "/a")).stream().map(InputFile::name))
        .containsExactly("1.jpg", "2.jpg");
  }

  @Test
  void saysWhatIsNotThere() throws Exception {
    assertThatThrownBy(() -> InputFiles.find(List.of(folder + "/none")))
        .isInstanceOf(ArchiveException.class)
        .hasMessageEndingWith("/none does not exist or is an empty folder");
    assertThatThrownBy(() -> InputFiles.find(List.of(folder + "/*.png")))
        .isInstanceOf(ArchiveException.class)
        .hasMessageEndingWith("/*.png matches no file");
  }

  private List<String> names(String pattern) throws IOException {
    return InputFiles.find(List.of(folder + pattern)).stream().map(InputFile::name).toList();
  }
}
