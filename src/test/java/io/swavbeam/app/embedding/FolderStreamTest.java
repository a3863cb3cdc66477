package io.swavbeam.app.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.EmbeddingStream;
import io.swavbeam.app.testing.FlinkCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each file of a folder has one row or one dead letter, in any order of arrival. */
@Tag("slow")
class FolderStreamTest extends EmbeddingStream {
  @Test
  void aWatchedFolderMayHaveAnyName() throws Exception {
    Path inbox = Files.createDirectories(folder.resolve("in[box] {a,b}*"));
    Files.createDirectories(folder.resolve("inb {a}x"));
    Files.write(inbox.resolve("a.jpg"), jpeg(1));
    Files.write(Files.createDirectories(inbox.resolve("c[at]")).resolve("b[1].jpg"), jpeg(2));
    // The output is in the watched folder.
    output = inbox.resolve("embeddings");
    Path other = Files.createDirectories(folder.resolve("other"));
    embed("--input=" + other + "," + inbox.toString().replace(",", "\\,"), "--watch=1s");
    await(2, 0);
    Files.delete(other); // a missing folder does not hide the others
    Files.write(inbox.resolve("c.jpg"), jpeg(3));
    await(3, 0);
    Files.write(inbox.resolve("d.jpg"), jpeg(4));
    await(4, 0);
  }

  @Test
  void growingFilesAreTakenWhenTheyAreWhole() throws Exception {
    Path inbox = Files.createDirectories(folder.resolve("inbox"));
    Files.write(inbox.resolve("one.jpg"), jpeg(1));
    for (String name :
        List.of("two.jpg.part", "two.jpg.filepart", "two.jpg~", ".two.jpg", ".rsync/two.jpg")) {
      Files.createDirectories(inbox.resolve(name).getParent());
      Files.write(inbox.resolve(name), jpeg(2));
    }
    embed("--input=" + inbox, "--watch=1s", "--settle=3s");
    FlinkCluster.await(
        "the number of skipped files", () -> Files.readString(log).contains("5 files are skipped"));
    Path growing = inbox.resolve("grows.tar");
    byte[] tar = tar(30);
    for (int end = 0; end < tar.length; end += tar.length / 8) {
      Files.write(growing, Arrays.copyOf(tar, end));
      Thread.sleep(700); // a slow upload
    }
    Files.write(growing, tar);
    Files.move(
        inbox.resolve("two.jpg.part"), inbox.resolve("two.jpg"), StandardCopyOption.ATOMIC_MOVE);
    await(32, 0);
  }

  /** Incomplete files become dead letters, and are processed again when they have changed. */
  @Test
  void whatWasIncompleteIsLookedAtAgainWhenItChanges() throws Exception {
    Path inbox = Files.createDirectories(folder.resolve("inbox"));
    byte[] whole = jpeg(1);
    Path image = Files.write(inbox.resolve("a.jpg"), Arrays.copyOf(whole, whole.length / 2));
    byte[] tar = tar(30);
    Path archive = Files.write(inbox.resolve("b.tar"), Arrays.copyOf(tar, tar.length / 2));
    Path empty = Files.write(inbox.resolve("c.jpg"), new byte[0]);
    Path good = Files.write(inbox.resolve("d.jpg"), jpeg(4));
    embed("--input=" + inbox, "--watch=1s", "--settle=0s");
    FlinkCluster.await("the dead letters", () -> letters().size() == 3 && rows().size() > 10);
    // Changed, but still incomplete: a dead letter again.
    Files.write(image, Arrays.copyOf(whole, whole.length / 2 + 10));
    FlinkCluster.await(
        "a letter of the second state",
        () -> letters().stream().noneMatch(letter -> letter.error().startsWith("looked at again")));
    Files.write(image, whole);
    Files.write(archive, tar);
    Files.write(empty, jpeg(3));
    Files.write(good, jpeg(5));
    await(33, 0);
  }

  @Test
  void aMendedImageHasNoDeadLetter() throws Exception {
    Path photos = Files.createDirectories(folder.resolve("photos"));
    for (int i = 0; i < 5; i++) {
      Files.write(photos.resolve(i + ".jpg"), jpeg(i));
    }
    byte[] whole = jpeg(6);
    Files.write(photos.resolve("bad.jpg"), Arrays.copyOf(whole, whole.length / 2));
    Files.write(photos.resolve("worse.jpg"), Arrays.copyOf(whole, whole.length / 3));
    assertThat(Commands.swav(arguments("--input=" + photos)).err()).isEmpty();
    assertThat(letters()).hasSize(2);
    // Another image changes the output shard. No dead letter is duplicated.
    Files.write(photos.resolve("more.jpg"), jpeg(5));
    assertThat(Commands.swav(arguments("--input=" + photos)).err()).isEmpty();
    assertThat(letters()).hasSize(2);
    Files.write(photos.resolve("bad.jpg"), whole);
    assertThat(Commands.swav(arguments("--input=" + photos)).err()).isEmpty();
    assertThat(letters()).hasSize(1).allMatch(letter -> letter.name().equals("worse.jpg"));
    Path gone = Files.write(photos.resolve("gone.jpg"), new byte[100]);
    assertThat(Commands.swav(arguments("--input=" + photos)).err()).isEmpty();
    assertThat(letters()).hasSize(2);
    Files.delete(gone);
    assertThat(Commands.swav(arguments("--input=" + photos)).err()).isEmpty();
    assertThat(letters()).hasSize(1);
    Files.write(photos.resolve("worse.jpg"), whole);
    embed("--input=" + photos, "--watch=1s");
    await(8, 0);
  }
}
