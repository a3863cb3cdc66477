package io.swavbeam.app.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.testing.TestImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A command that follows a stream in a separate process, and its output so far. */
public abstract class EmbeddingStream {
  @TempDir private static Path shared;
  protected static Path model;

  @TempDir protected Path folder;
  protected Path output;
  protected Path log;
  Process running;

  @BeforeAll
  public static void train() throws Exception {
    model = TestPhotos.train(shared, 2);
  }

  @BeforeEach
  public void prepare() {
    output = folder.resolve("embeddings");
    log = folder.resolve("log");
  }

  @AfterEach
  public void end() throws InterruptedException {
    if (running != null) {
      running.destroyForcibly().waitFor();
    }
  }

  public void embed(String... more) throws IOException {
    running = Commands.start(log, arguments(more));
  }

  public String[] arguments(String... more) {
    return Commands.all(
        List.of("embed", "--model=" + model, "--output=" + output, "--fileEvery=1s"), more);
  }

  public void stopRunning() throws InterruptedException {
    running.destroy();
    assertThat(running.waitFor()).isEqualTo(143);
  }

  /** Returns the names of the images with rows. Fails if a row is repeated. */
  public List<String> rows() throws IOException {
    EmbeddedFolder embedded = new EmbeddedFolder(output);
    assertThat(embedded.rows()).as("no row twice").doesNotHaveDuplicates();
    return embedded.names();
  }

  public List<DeadLetter> letters() throws IOException {
    return new EmbeddedFolder(output).letters();
  }

  public void await(int rows, int letters) throws IOException {
    try {
      FlinkCluster.await(
          rows + " rows and " + letters + " dead letters",
          () -> {
            if (!running.isAlive()) {
              throw new AssertionError("it has ended");
            }
            return rows().size() == rows && letters().size() == letters;
          });
    } catch (AssertionError | ConditionTimeoutException e) {
      throw new AssertionError(
          "%s; there are %s, %s%n%s"
              .formatted(e.getMessage(), rows(), letters(), Files.readString(log)),
          e);
    }
  }

  public static byte[] jpeg(int number) {
    return TestImages.jpeg(number % 7, 24, 24);
  }

  public static byte[] tar(int count) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      for (int i = 0; i < count; i++) {
        byte[] jpeg = jpeg(i);
        TarArchiveEntry entry = new TarArchiveEntry("%02d.jpg".formatted(i));
        entry.setSize(jpeg.length);
        tar.putArchiveEntry(entry);
        tar.write(jpeg);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }
}
