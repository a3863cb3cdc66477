package io.swavbeam.pipelines.archive.walk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A copy of an archive in a stream: in memory, or in an unlinked file. */
class SpoolTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1000, 64 << 20, (64 << 20) + 1, 70 << 20})
  void holdsTheVeryBytes(int length) throws Exception {
    try (Spool spool = Spool.of(new Counted(length), "x")) {
      assertThat(spool.channel().size()).isEqualTo(length);
      assertThat(spool.channel() instanceof FileChannel).isEqualTo(length > 64 << 20);
      for (int place = 0; place < length; place += 999_983) {
        ByteBuffer one = ByteBuffer.allocate(1);
        spool.channel().position(place).read(one);
        assertThat(one.get(0)).isEqualTo((byte) (place % 251));
      }
    }
    try (Stream<Path> left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      assertThat(left.map(Path::getFileName).map(Path::toString))
          .noneMatch(name -> name.startsWith("swav-") && name.endsWith(".archive"));
    }
  }

  /** Bytes that depend on their position. */
  private static final class Counted extends InputStream {
    private final int length;
    private int here;

    Counted(int length) {
      this.length = length;
    }

    @Override
    public int read() {
      return here == length ? -1 : here++ % 251;
    }

    @Override
    public int read(byte[] target, int offset, int most) throws IOException {
      int count = Math.min(most, length - here);
      for (int i = 0; i < count; i++) {
        target[offset + i] = (byte) read();
      }
      return count == 0 && most > 0 ? -1 : count;
    }
  }
}
