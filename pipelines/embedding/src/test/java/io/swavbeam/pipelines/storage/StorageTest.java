package io.swavbeam.pipelines.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StorageTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "/data/photos.tar, true, /data/photos.tar",
    "file:///data/photos.tar, true, /data/photos.tar",
    "s3://bucket/photos.tar, false, s3://bucket/photos.tar",
    "gs://bucket/photos.tar, false, gs://bucket/photos.tar",
    "/data/a:b//c, true, /data/a:b/c",
  })
  void knowsWhatIsOfThisMachine(String path, boolean local, String absolute) {
    assertThat(Stores.isLocal(path)).isEqualTo(local);
    assertThat(Stores.absolute(path)).isEqualTo(absolute);
  }

  @Test
  void makesPathsAbsolute() {
    assertThat(Folder.of("photos/").path())
        .isEqualTo(Path.of("photos").toAbsolutePath().toString());
    assertThat(Folder.of("s3://bucket/photos/").folder("cats").file("1.jpg"))
        .isEqualTo(new Location("s3://bucket/photos/cats/1.jpg"));
  }

  @Test
  void listsAndDeletesWhateverItsNameIs() throws Exception {
    Path odd = Files.createDirectories(folder.resolve("a [b] {c}*/below"));
    Files.writeString(odd.resolveSibling("2.txt"), "2");
    Files.writeString(odd.resolveSibling("1.txt"), "1");
    Files.writeString(odd.resolve("3.txt"), "3");
    Folder of = Folder.of(odd.getParent());
    assertThat(of.files(".txt")).containsExactly(of.file("1.txt"), of.file("2.txt"));
    assertThat(Stores.exists(of.file("1.txt"))).isTrue();
    assertThat(Stores.exists(of.file("9.txt"))).isFalse();
    of.delete();
    assertThat(odd.getParent()).doesNotExist();
    of.delete();
    assertThat(of.files(".txt")).isEmpty();
  }

  @Nested
  class OfThisMachine extends StorageContractTest {
    @Override
    protected Folder folder() {
      return Folder.of(folder.resolve("a [b] {c}*"));
    }

    @Override
    protected boolean appearsWhole() {
      return false;
    }
  }

  @Nested
  class InMemory extends StorageContractTest {
    private final String name = UUID.randomUUID().toString();

    @Override
    protected Folder folder() {
      return new Folder("memory://tests/" + name);
    }

    @Override
    protected boolean appearsWhole() {
      return true;
    }

    @Override
    protected boolean setAway(boolean away) {
      MemoryStorage.setAway(away);
      return true;
    }
  }

  @Test
  void saysWhatItCannotRead() {
    assertThatThrownBy(() -> Stores.open(new Location("gs://bucket/x")))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("gs://bucket/x: ")
        .hasMessageContaining("give a path of this machine, or s3://bucket/name");
  }
}
