package io.swavbeam.pipelines.listing;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListingsTest {
  @TempDir private Path folder;

  private Path input;
  private Path kept;

  @BeforeEach
  void fill() throws IOException {
    input = Files.createDirectories(folder.resolve("input/cat"));
    kept = folder.resolve("kept");
    for (int i = 0; i < 5; i++) {
      Files.write(input.resolve(i + ".jpg"), new byte[] {1, 2, 3});
    }
    Files.write(input.resolve("2a.tar"), TestArchives.tar(4));
    Files.writeString(input.resolve("note.txt"), "hello");
  }

  /** The result of a listing. */
  private static final class Found {
    private final List<ImageRef> images = new ArrayList<>();
    private final List<OutputShard> shards = new ArrayList<>();
    private final List<DeadLetter> letters = new ArrayList<>();
    private long sidecars;
    private long files;
  }

  private Found list() throws IOException {
    return list(ImageLimits.DEFAULT);
  }

  private Found list(ImageLimits limits) throws IOException {
    Found found = new Found();
    Listings listings = new Listings(Folder.of(kept), limits);
    found.files =
        FoundFiles.find(
            List.of(folder.resolve("input").toString()),
            Folder.of(kept),
            new FoundFiles.Visitor() {
              @Override
              public void group(InputGroup group) throws IOException {
                try (Listing listing = listings.of(group, found.letters::add)) {
                  listing
                      .images()
                      .iterator(0, listing.images().size())
                      .forEachRemaining(ref -> found.images.add((ImageRef) ref));
                  found.shards.addAll(listing.shards(group));
                  found.sidecars += listing.sidecars().total();
                }
              }

              @Override
              public void deadLetter(DeadLetter letter) {
                found.letters.add(letter);
              }
            });
    return found;
  }

  private List<String> keptFiles() throws IOException {
    try (Stream<Path> files = Files.list(kept)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> file.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void isMadeOnceAndReadByWhoeverListsTheSameFilesAgain() throws IOException {
    Found first = list();
    assertThat(first.files).isEqualTo(7);
    assertThat(first.images).hasSize(5 + 4);
    assertThat(first.images.get(first.images.size() - 1).label()).isEqualTo("cat");
    assertThat(first.sidecars).isEqualTo(1 + 2);
    List<String> files = keptFiles();
    assertThat(files).hasSize(1 + 2); // the note of single files, and two listings
    List<FileTime> times = keptTimes();

    Found again = list();
    assertThat(again.images).isEqualTo(first.images);
    assertThat(again.shards).isEqualTo(first.shards);
    assertThat(again.sidecars).isEqualTo(first.sidecars);
    assertThat(keptFiles()).isEqualTo(files);
    assertThat(keptTimes()).isEqualTo(times);
  }

  private List<FileTime> keptTimes() throws IOException {
    List<FileTime> times = new ArrayList<>();
    for (String file : keptFiles()) {
      if (!file.startsWith("files-")) { // the note is written each time
        times.add(Files.getLastModifiedTime(kept.resolve(file)));
      }
    }
    return times;
  }

  @Test
  void otherBytesOfTheSameLengthAndTimeAreAnotherListing() throws IOException {
    Found first = list();
    Path archive = input.resolve("2a.tar");
    FileTime time = Files.getLastModifiedTime(archive);
    Files.write(archive, new byte[(int) Files.size(archive)]);
    Files.setLastModifiedTime(archive, time);
    Found other = list();
    assertThat(other.images).hasSize(5);
    assertThat(other.shards).isNotEqualTo(first.shards);
  }

  @Test
  void whatWasWrittenAgainIsListedAgain() throws IOException {
    Found first = list();
    Path archive = input.resolve("2a.tar");
    FileTime time = Files.getLastModifiedTime(archive);
    Files.write(archive, TestArchives.tar(6));
    Files.setLastModifiedTime(archive, time);
    Found longer = list();
    assertThat(longer.images).as("another length").hasSize(5 + 6);
    assertThat(longer.shards).hasSameSizeAs(first.shards).isNotEqualTo(first.shards);

    byte[] bytes = Files.readAllBytes(archive);
    Arrays.fill(bytes, (byte) 0);
    Files.write(archive, bytes);
    Files.setLastModifiedTime(archive, FileTime.fromMillis(time.toMillis() + 1));
    assertThat(list().images).as("another time").hasSize(5);
  }

  /** An unreadable file may have been repaired without another length or time. */
  @Test
  void whatHasDeadLettersIsListedAgain() throws IOException {
    byte[] whole = TestArchives.tar(4);
    Path archive = input.resolve("2a.tar");
    FileTime time = Files.getLastModifiedTime(archive);
    byte[] damaged = whole.clone();
    damaged[512 * 8 + 148] ^= 1; // in the checksum of a header
    Files.write(archive, damaged);
    Files.setLastModifiedTime(archive, time);
    Found first = list();
    assertThat(first.letters).isNotEmpty();
    assertThat(list().letters).isEqualTo(first.letters);

    Files.write(archive, whole);
    Files.setLastModifiedTime(archive, time);
    Found repaired = list();
    assertThat(repaired.letters).isEmpty();
    assertThat(repaired.images).hasSize(5 + 4);
  }

  @Test
  void otherLimitsAreAnotherListing() throws IOException {
    assertThat(list().images).hasSize(9);
    Found few = list(new ImageLimits(2, ImageLimits.DEFAULT.maxPixels()));
    assertThat(few.images).isEmpty();
    assertThat(few.letters).hasSize(9);
  }

  @Test
  void shardsHoldEachImageOnceAndDoNotDependOnWhoLists() throws IOException {
    for (int i = 0; i < 3 * OutputShard.MAX_SIZE; i++) {
      Files.write(input.resolve("more-%05d.jpg".formatted(i)), new byte[] {1});
    }
    Found found = list();
    List<InputRef> loaded = new ArrayList<>();
    for (OutputShard shard : found.shards) {
      assertThat(shard.size()).isLessThanOrEqualTo(OutputShard.MAX_SIZE);
      loaded.addAll(shard.load().images());
    }
    assertThat(loaded).isEqualTo(found.images).hasSize(5 + 4 + 3 * OutputShard.MAX_SIZE);
    assertThat(found.shards.stream().map(OutputShard::id)).doesNotHaveDuplicates();
    assertThat(found.shards).hasSize(1 + 16);
  }

  /** Otherwise one worker would embed a small input alone. */
  @Test
  void aSmallInputIsInSmallShardsOfEqualSize() throws IOException {
    Path images = Files.createDirectories(folder.resolve("input/dog"));
    for (int i = 0; i < 130; i++) {
      Files.write(images.resolve(i + ".jpg"), new byte[] {1, 2, 3});
    }
    Files.write(images.resolve("many.tar"), tarOf(200));
    Found found = list();
    assertThat(found.images).hasSize(5 + 4 + 130 + 200);
    assertThat(found.shards.stream().map(OutputShard::size))
        .containsExactlyInAnyOrder(4L, 45L, 45L, 45L, 50L, 50L, 50L, 50L);
    List<InputRef> inShards = new ArrayList<>();
    for (OutputShard shard : found.shards) {
      inShards.addAll(shard.load().images());
    }
    assertThat(inShards).containsExactlyInAnyOrderElementsOf(found.images);
  }

  private static byte[] tarOf(int images) {
    return TestArchives.tar(Collections.nCopies(images, TestArchives.images(1).get(0)));
  }

  /** A folder of thousands of archives must not give tens of thousands of files. */
  @Test
  void oneOfManyArchivesIsOneShard() throws IOException {
    for (int i = 0; i < 8; i++) {
      Files.write(input.resolve("t" + i + ".tar"), tarOf(100));
    }
    assertThat(list().shards.stream().map(OutputShard::size).sorted())
        .containsExactly(4L, 5L, 100L, 100L, 100L, 100L, 100L, 100L, 100L, 100L);
    Files.delete(input.resolve("t7.tar"));
    assertThat(list().shards).hasSize(2 + 7 * 2);
  }

  /** An image more than a full shard does not give a shard of one image. */
  @Test
  void aMiddlingInputIsInSixteenShards() throws IOException {
    for (int i = 0; i < 1020; i++) {
      Files.write(input.resolve("m" + i + ".jpg"), new byte[] {1, 2, 3});
    }
    Files.write(input.resolve("many.tar"), tarOf(2000));
    List<Long> sizes = list().shards.stream().map(OutputShard::size).sorted().toList();
    assertThat(sizes).hasSize(1 + 16 + 16);
    assertThat(sizes.get(0)).isEqualTo(4);
    assertThat(sizes.subList(1, 17)).containsOnly(64L, 65L);
    assertThat(sizes.subList(17, 33)).containsOnly(125L);
  }

  @Test
  void aLargeInputIsInLargeShards() throws IOException {
    for (int i = 0; i < 16 * 1024; i++) {
      Files.write(input.resolve("m" + i + ".jpg"), new byte[] {1});
    }
    assertThat(list().shards.stream().map(OutputShard::size).sorted())
        .startsWith(4L, 5L, 1024L)
        .endsWith(1024L)
        .hasSize(2 + 16);
  }
}
