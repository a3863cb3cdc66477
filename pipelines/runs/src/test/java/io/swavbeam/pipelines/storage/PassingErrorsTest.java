package io.swavbeam.pipelines.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.read.ImageReader;
import io.swavbeam.pipelines.archive.walk.Walked;
import io.swavbeam.pipelines.input.InputFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PassingErrorsTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"Too many open files", "Stale file handle", "Connection timed out"})
  void whatMayPassSaysNothingOfTheFile(String message) {
    assertThat(PassingErrors.mayPass(new IOException(message))).isTrue();
    assertThat(PassingErrors.mayPass(new FileSystemException("a.jpg", null, message))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Input/output error", "Is a directory", "Permission denied"})
  void whatStaysIsTheFiles(String message) {
    assertThat(PassingErrors.mayPass(new IOException(message))).isFalse();
    assertThat(PassingErrors.mayPass(new NoSuchFileException("a.jpg"))).isFalse();
  }

  /** Runs in a separate process with a small limit of open files, which are all open. */
  @Test
  void aProcessWithoutFilesLeftTakesNoImageForUnreadable() throws Exception {
    assumeThat(Files.isExecutable(Path.of("/bin/bash"))).isTrue();
    Path image = Files.write(folder.resolve("nameless"), new byte[] {1, 2, 3});
    Process process =
        new ProcessBuilder(
                "/bin/bash",
                "-c",
                "ulimit -n 600 && exec \"$@\"",
                "bash",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                WithoutFiles.class.getName(),
                image.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said).contains("reading: " + image + ": Too many open files");
    assertThat(said).contains("listing: " + image + ": Too many open files");
    assertThat(said).contains("read 3 bytes");
  }

  /** The program of that process. */
  static final class WithoutFiles {
    private WithoutFiles() {}

    public static void main(String[] arguments) throws Exception {
      Path image = Path.of(arguments[0]);
      ImageRef ref =
          ImageRef.stored(
              image.toString(), 0, Location.of(image), 0, 3, ImageEncoding.FILE, "a.jpg", null);
      // Loads all needed classes while files can be opened. The name of the file has no extension,
      // so listing reads it.
      var file = InputFiles.named(image.toString());
      Walked walked = new Walked();
      walked.list(file);
      System.out.print(walked.letters.isEmpty() ? "" : "letter: " + walked.letters);
      IoExecutor.pause(1);
      System.out.println(PassingErrors.mayPass(new IOException("Too many open files")));
      try (ImageReader reader = new ImageReader(ImageLimits.DEFAULT)) {
        reader.read(ref);
        System.out.println(new StoreUnavailableException("none", new IOException("none")));
        List<InputStream> open = new ArrayList<>();
        try {
          while (true) {
            open.add(Files.newInputStream(image));
          }
        } catch (IOException e) {
          // no more files can be opened
        }
        try {
          reader.read(ref);
        } catch (StoreUnavailableException e) {
          System.out.println("reading: " + e.getMessage());
        }
        try {
          new Walked().list(file);
        } catch (StoreUnavailableException e) {
          System.out.println("listing: " + e.getMessage());
        }
        for (InputStream stream : open) {
          stream.close();
        }
        System.out.println("read %d bytes".formatted(reader.read(ref).length));
      }
    }
  }
}
