package io.swavbeam.pipelines.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.pipelines.output.FolderClaim.Work;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FolderClaimTest {
  @TempDir private Path folder;

  private Folder embeddings() {
    return Folder.of(folder);
  }

  private Folder notes() {
    return embeddings().metadata().folder("lock");
  }

  private static Work work(String images, long since) {
    return new Work(UUID.randomUUID().toString(), images, images, since);
  }

  private void assertRefused(Work work) {
    assertThatThrownBy(() -> FolderClaim.take(embeddings(), work))
        .hasMessageContaining("another job is writing to " + folder)
        .hasMessageNotContaining("\n")
        .extracting(KnownError::kindOf)
        .isEqualTo(ErrorKind.FOLDER_IN_USE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory://claims/", ""})
  void isSharedByTheProcessesOfOneJob(String store) throws IOException {
    Folder embeddings = store.isEmpty() ? embeddings() : new Folder(store + UUID.randomUUID());
    Work these = work("these", 10);
    FolderClaim first = FolderClaim.take(embeddings, these);
    FolderClaim second = FolderClaim.take(embeddings, these);
    first.close();
    // Even an old claim holds the folder.
    assertThatThrownBy(() -> FolderClaim.take(embeddings, work("those", 1)))
        .hasMessageContaining("is writing to " + embeddings + " (these)")
        .extracting(KnownError::kindOf)
        .isEqualTo(ErrorKind.FOLDER_IN_USE);
    assertThatThrownBy(() -> FolderClaim.take(embeddings, work("these", 1)))
        .extracting(KnownError::kindOf)
        .isEqualTo(ErrorKind.SAME_AT_WORK);
    second.close();
    FolderClaim.take(embeddings, work("those", 30)).close();
    assertThat(embeddings.metadata().folder("lock").files("")).isEmpty();
  }

  /** Of all requests at the same time, at most one succeeds. */
  @Test
  void isGivenOnceHoweverManyAsk() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      for (int round = 0; round < 25; round++) {
        List<Callable<String>> asking = new ArrayList<>();
        List<FolderClaim> taken = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 8; i++) {
          String images = "images " + i % 3;
          long since = (i * 7L + round) % 8;
          asking.add(
              () -> {
                try {
                  taken.add(FolderClaim.take(embeddings(), work(images, since)));
                  return images;
                } catch (IOException e) {
                  return "";
                }
              });
        }
        List<String> given = new ArrayList<>();
        for (Future<String> one : threads.invokeAll(asking)) {
          if (!one.get().isEmpty()) {
            given.add(one.get());
          }
        }
        assertThat(given).hasSizeLessThanOrEqualTo(1);
        for (FolderClaim claim : taken) {
          claim.close();
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** On the same machine, the process is checked; on other machines, the time of the file. */
  @Test
  void endsWithItsProcess() throws IOException {
    FolderClaim own = FolderClaim.take(embeddings(), work("these", 10));
    Location note = notes().files(".json").get(0);
    String text = Stores.text(note);
    own.close();
    Path file = Path.of(note.uri());

    Files.writeString(file, text);
    assertRefused(work("those", 20));
    Files.writeString(file, text.replaceFirst("\"process\"\\s*:\\s*\"\\d+", "\"process\": \"1"));
    FolderClaim.take(embeddings(), work("those", 20)).close();
    assertThat(file).as("its process has ended").doesNotExist();

    String elsewhere =
        text.replaceFirst("\"machine\"\\s*:\\s*\"[^\"]*\"", "\"machine\": \"another\"");
    Files.writeString(file, elsewhere);
    assertRefused(work("those", 20));
    Files.setLastModifiedTime(
        file, FileTime.from(Instant.now().minus(Duration.ofMinutes(2).plusSeconds(1))));
    FolderClaim.take(embeddings(), work("those", 20)).close();
    assertThat(file).doesNotExist();

    for (String unreadable : List.of("", "{", "{\"work\": 1}")) { // the state after a power failure
      Files.writeString(file, unreadable);
      assertRefused(work("those", 20));
      Files.setLastModifiedTime(
          file, FileTime.from(Instant.now().minus(Duration.ofMinutes(2).plusSeconds(1))));
      FolderClaim.take(embeddings(), work("those", 20)).close();
    }
  }

  /** Version 0.2 locks the second byte of a file beside the rows. */
  @Test
  void aJobOfAnEarlierVersionHoldsTheFolder() throws Exception {
    Path lock = Files.createFile(folder.resolve(".lock"));
    Path holder =
        Files.writeString(
            folder.resolve("Holder.java"),
            """
            class Holder {
              public static void main(String[] file) throws Exception {
                try (var channel = java.nio.channels.FileChannel.open(
                        java.nio.file.Path.of(file[0]),
                        java.nio.file.StandardOpenOption.READ,
                        java.nio.file.StandardOpenOption.WRITE);
                    var lock = channel.lock(1, 1, true)) {
                  System.out.write('h');
                  System.out.flush();
                  System.in.read();
                }
              }
            }
            """);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                holder.toString(),
                lock.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(process.getInputStream().read()).isEqualTo('h');
      assertRefused(work("these", 10));
    } finally {
      process.destroyForcibly().waitFor();
    }
    FolderClaim.take(embeddings(), work("these", 10)).close();
    assertThat(lock).doesNotExist();
  }
}
