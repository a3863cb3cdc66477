package io.swavbeam.pipelines.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The contract of every storage. Each operation is tested on a file that is missing, empty, cut
 * off, unavailable, or being written.
 */
public abstract class StorageContractTest {
  /** Returns a new folder for each test, which does not exist. */
  protected abstract Folder folder() throws Exception;

  /** Returns whether an incomplete file is invisible. */
  protected abstract boolean appearsWhole();

  /** Makes the storage unavailable or available again. Returns false if that is not possible. */
  protected boolean setAway(boolean away) throws Exception {
    return false;
  }

  private static void put(Location file, String text) throws IOException {
    Stores.write(file, out -> write(out, text));
  }

  private static void write(WritableByteChannel out, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  private static List<Location> below(String prefix) throws IOException {
    List<Location> found = new ArrayList<>();
    Stores.below(prefix, file -> found.add(file.location()));
    return found.stream().sorted().toList();
  }

  @Test
  void whatIsMissingIsNoError() throws Exception {
    Folder folder = folder();
    Location file = folder.file("no [such]*.txt");
    assertThat(Stores.status(file.uri())).isEmpty();
    assertThat(Stores.exists(file)).isFalse();
    assertThat(Stores.isFolder(folder.path())).isFalse();
    assertThat(below(folder.path() + "/")).isEmpty();
    assertThat(folder.files("")).isEmpty();
    Stores.delete(List.of(file));
    folder.delete();
    folder.deleteOlder(Duration.ZERO);
  }

  @Test
  void whatIsMissingCannotBeReadOrMoved() throws Exception {
    Location file = folder().file("none.txt");
    assertThatThrownBy(() -> Stores.text(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("none.txt");
    assertThatThrownBy(() -> Stores.move(file, folder().file("other.txt")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void anEmptyFileIsAFile() throws Exception {
    Location file = folder().file("empty");
    put(file, "");
    assertThat(Stores.status(file.uri()))
        .hasValueSatisfying(status -> assertThat(status.length()).isZero());
    assertThat(Stores.text(file)).isEmpty();
  }

  @Test
  void readsAtAnyPlace() throws Exception {
    Location file = folder().file("some.txt");
    put(file, "0123456789");
    ByteBuffer four = ByteBuffer.allocate(4);
    try (SeekableByteChannel channel = Stores.open(file)) {
      assertThat(channel.size()).isEqualTo(10);
      assertThat(Stores.readFully(channel.position(5), four)).isTrue();
      assertThat(new String(four.array(), StandardCharsets.UTF_8)).isEqualTo("5678");
      // The file ends before the buffer is full.
      assertThat(Stores.readFully(channel.position(8), four.clear())).isFalse();
    }
  }

  @Test
  void aFolderHoldsWhatLiesInIt() throws Exception {
    Folder folder = folder();
    for (String name : List.of("b.txt", "a.txt", "a.json", "folder.txt/c.txt")) {
      put(folder.file(name), name);
    }
    assertThat(folder.files(".txt")).containsExactly(folder.file("a.txt"), folder.file("b.txt"));
    assertThat(folder.lengths(".json")).containsEntry(folder.file("a.json"), 6L);
    assertThat(below(folder.path() + "/")).hasSize(4).contains(folder.file("folder.txt/c.txt"));
    assertThat(below(folder.path() + "/a.")).hasSize(2);
    folder.delete();
    assertThat(below(folder.path() + "/")).isEmpty();
  }

  @Test
  @Timeout(10)
  void aFileThatIsWrittenAnewHasAnotherVersion() throws Exception {
    Location file = folder().file("x");
    put(file, "before");
    FileStatus before = Stores.status(file.uri()).orElseThrow();
    FileStatus after;
    do {
      put(file, "after!"); // again, for file systems with coarse timestamps
      after = Stores.status(file.uri()).orElseThrow();
    } while (after.version().equals(before.version()));
    assertThat(Stores.text(file)).isEqualTo("after!");
  }

  @Test
  void whatIsBeingWrittenIsNotSeenUnderItsName() throws Exception {
    Folder folder = folder();
    Location file = folder.file("x.txt");
    Stores.write(
        file,
        out -> {
          write(out, "half");
          assertThat(Stores.exists(file)).isFalse();
          assertThat(folder.files(".txt")).isEmpty();
          write(out, " and half");
        });
    assertThat(Stores.text(file)).isEqualTo("half and half");
    Stores.write(
        file,
        out -> {
          write(out, "closed by its writer");
          out.close();
        });
    assertThat(Stores.text(file)).isEqualTo("closed by its writer");
    if (appearsWhole()) {
      try (WritableByteChannel out = Stores.create(folder.file("y.txt"))) {
        write(out, "half");
        assertThat(Stores.exists(folder.file("y.txt"))).isFalse();
      }
    }
  }

  @Test
  void whatCannotBeWrittenLeavesTheFileOfBefore() throws Exception {
    Folder folder = folder();
    put(folder.file("x.txt"), "before");
    assertThatThrownBy(
            () ->
                Stores.write(
                    folder.file("x.txt"),
                    out -> {
                      write(out, "half");
                      throw new IOException("no more");
                    }))
        .hasMessage("no more");
    assertThat(Stores.text(folder.file("x.txt"))).isEqualTo("before");
    assertThat(below(folder.path() + "/")).containsExactly(folder.file("x.txt"));
  }

  @Test
  void aMoveReplacesOrDoesNot() throws Exception {
    Folder folder = folder();
    put(folder.file("old"), "old");
    put(folder.file("new"), "new");
    Stores.moveUnlessThere(folder.file("new"), folder.file("old"));
    assertThat(Stores.text(folder.file("old"))).isEqualTo("old");
    assertThat(Stores.exists(folder.file("new"))).isFalse();
    put(folder.file("new"), "new");
    Stores.move(folder.file("new"), folder.file("old"));
    assertThat(Stores.text(folder.file("old"))).isEqualTo("new");
    Stores.moveUnlessThere(folder.file("old"), folder.file("in/another"));
    assertThat(below(folder.path() + "/")).containsExactly(folder.file("in/another"));
  }

  @Test
  void onlyWhatIsOldIsDeleted() throws Exception {
    Folder folder = folder();
    put(folder.file("x"), "x");
    folder.deleteOlder(Duration.ofHours(1));
    assertThat(Stores.exists(folder.file("x"))).isTrue();
    folder.deleteOlder(Duration.ofHours(-1));
    assertThat(Stores.exists(folder.file("x"))).isFalse();
  }

  @Test
  void aPlaceThatIsAwaySaysNothingOfItsFiles() throws Exception {
    Folder folder = folder();
    Location file = folder.file("x");
    put(file, "x");
    if (!setAway(true)) {
      return;
    }
    try {
      List<ThrowingCallable> operations =
          List.of(
              () -> Stores.text(file),
              () -> Stores.status(file.uri()),
              () -> Stores.isFolder(folder.path()),
              () -> below(folder.path() + "/"),
              () -> folder.files(""),
              () -> put(file, "y"),
              () -> Stores.move(file, folder.file("y")),
              () -> Stores.delete(List.of(file)),
              folder::delete);
      for (int i = 0; i < operations.size(); i++) {
        assertThatThrownBy(operations.get(i))
            .as("operation %d", i)
            .isInstanceOf(StoreUnavailableException.class);
      }
    } finally {
      setAway(false);
    }
    assertThat(Stores.text(file)).isEqualTo("x");
  }
}
