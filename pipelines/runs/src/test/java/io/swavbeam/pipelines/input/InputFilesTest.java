package io.swavbeam.pipelines.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.error.KnownIOException;
import io.swavbeam.pipelines.archive.InputFile;
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
    assertThat(
            InputFiles.find(List.of(folder + "/a/1.jpg", folder + "/a", folder + "/a/*")).files())
        .hasSize(2);
  }

  @Test
  void takesRelativePaths() throws Exception {
    Path relative = Path.of("").toAbsolutePath().relativize(folder.toRealPath());
    assertThat(InputFiles.find(List.of(relative + "/a")).files().stream().map(InputFile::name))
        .containsExactly("1.jpg", "2.jpg");
  }

  @Test
  void saysWhatIsNotThere() throws Exception {
    assertThatThrownBy(() -> InputFiles.find(List.of(folder + "/none")))
        .isInstanceOf(KnownIOException.class)
        .hasMessageEndingWith("/none does not exist");
    assertThatThrownBy(() -> InputFiles.find(List.of(folder + "/*.png")))
        .isInstanceOf(KnownIOException.class)
        .hasMessageEndingWith("/*.png matches no file");
  }

  private List<String> names(String pattern) throws IOException {
    return InputFiles.find(List.of(folder + pattern)).files().stream()
        .map(InputFile::name)
        .toList();
  }

  @Test
  void whatExistsUnderTheVeryNameComesFirst() throws Exception {
    for (String name : List.of("photos [2020]", "what?", "a,b", "x{a}")) {
      Files.createDirectories(folder.resolve(name));
      Files.writeString(folder.resolve(name).resolve("5.jpg"), "x");
      assertThat(
              InputFiles.find(List.of((folder + "/" + name).split(",", -1))).files().stream()
                  .map(InputFile::name))
          .containsExactly("5.jpg");
    }
    assertThat(InputFiles.names(List.of("a\\", "b", "c"))).containsExactly("a,b", "c");
  }

  @Test
  void rangesInBracesStandForTheirNumbers() throws Exception {
    for (String name : List.of("s-08.tar", "s-09.tar", "s-10.tar", "s-11.tar", "s-1.tar")) {
      Files.createFile(folder.resolve(name));
    }
    assertThat(names("/s-{08..10}.tar")).containsExactly("s-08.tar", "s-09.tar", "s-10.tar");
    assertThat(names("/s-{10..08}.tar")).containsExactly("s-08.tar", "s-09.tar", "s-10.tar");
    assertThat(names("/s-{1..1}.tar")).containsExactly("s-1.tar");
    assertThat(names("/s-{0..1}{0..1}.tar", "s-00.tar", "s-01.tar"))
        .containsExactly("s-00.tar", "s-01.tar", "s-10.tar", "s-11.tar");
    assertThatThrownBy(() -> names("/s-{08..12}.tar"))
        .isInstanceOf(KnownIOException.class)
        .hasMessageEndingWith("s-12.tar does not exist");
    assertThatThrownBy(() -> InputFiles.requireExisting(List.of(folder + "/s-{08..12}.tar")))
        .isInstanceOf(KnownIOException.class)
        .hasMessageEndingWith("s-12.tar does not exist");
    assertThatThrownBy(() -> names("/s-{0..999999}{0..9}.tar"))
        .isInstanceOf(KnownIOException.class)
        .hasMessageContaining("more than 1,000,000 names");
    // A file with exactly that name is preferred.
    Files.createFile(folder.resolve("s-{08..10}.tar"));
    assertThat(names("/s-{08..10}.tar")).containsExactly("s-{08..10}.tar");
  }

  private List<String> names(String pattern, String... more) throws IOException {
    for (String name : more) {
      Files.createFile(folder.resolve(name));
    }
    return names(pattern);
  }

  @Test
  void entersEachFolderOnceAndTellsOfWhatItCannotRead() throws Exception {
    Files.createSymbolicLink(folder.resolve("a/up"), folder);
    Files.createSymbolicLink(folder.resolve("b/up"), folder);
    Files.createSymbolicLink(folder.resolve("a/link.jpg"), folder.resolve("4.jpg"));
    Files.createSymbolicLink(folder.resolve("lost.jpg"), folder.resolve("nothing"));
    InputFiles.Found found = InputFiles.find(List.of(folder.toString()));
    assertThat(found.files().stream().map(InputFile::name))
        .containsExactly("4.jpg", "a/1.jpg", "a/2.jpg", "a/link.jpg", "b/c/3.jpg");
    assertThat(found.deadLetters())
        .singleElement()
        .matches(letter -> letter.name().equals("lost.jpg"))
        .matches(letter -> letter.error().contains("broken link"));
  }

  @Test
  void leavesOutWhatSwavWrites() throws Exception {
    Files.createDirectories(folder.resolve("run/archives/x"));
    Files.writeString(folder.resolve("run/.lock"), "");
    Files.writeString(folder.resolve("run/archives/x/photos.tar"), "");
    Files.createDirectories(folder.resolve("out/dead-letters"));
    Files.createDirectories(folder.resolve("begun/_swav"));
    Files.writeString(folder.resolve("begun/inside.jpg"), "");
    Files.writeString(folder.resolve("out/embeddings-1.parquet"), "");
    assertThat(names("")).containsExactly("4.jpg", "a/1.jpg", "a/2.jpg", "b/c/3.jpg");
  }
}
