package io.swavbeam.pipelines.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Counts the requests to a store. */
class LazilySeekingChannelTest {
  private static final int MEGABYTE = 1 << 20;

  private final byte[] bytes = new byte[4 * MEGABYTE];
  @TempDir private Path folder;
  private CountingFile store;
  private LazilySeekingChannel channel;

  @BeforeEach
  void open() throws IOException {
    new Random(1).nextBytes(bytes);
    store = new CountingFile(FileChannel.open(Files.write(folder.resolve("object"), bytes)));
    channel =
        new LazilySeekingChannel(store, e -> new BeamStorage().explained("s3://bucket/object", e));
  }

  @AfterEach
  void close() throws IOException {
    channel.close();
  }

  @Test
  void neighboursComeWithOneRequest() throws IOException {
    for (int place = 1000; place < 200_000; place += 2_000) {
      assertRead(place, 1_500);
    }
    assertThat(store.requests).isEqualTo(1);
  }

  @Test
  void whatIsFarOrBehindIsAskedFor() throws IOException {
    assertRead(0, 10);
    assertRead(2 * MEGABYTE, 10);
    assertRead(500, 10);
    assertThat(store.requests).isEqualTo(3);
  }

  @Test
  void goingElsewhereWithoutReadingCostsNothing() throws IOException {
    assertRead(100, 10);
    channel.position(3 * MEGABYTE);
    channel.position(110);
    assertRead(110, 10);
    assertThat(store.requests).isEqualTo(1);
  }

  @Test
  void endsWhereTheObjectEnds() throws IOException {
    assertRead(bytes.length - 10, 10);
    assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    channel.position(bytes.length + 5L);
    assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
  }

  @Test
  void readsOnWithAnotherConnection() throws IOException {
    assertRead(0, 10);
    store.failures = 1;
    assertRead(10, 2_000);
    assertThat(store.requests).isEqualTo(2);
  }

  @Test
  void doesNotTryForEver() {
    store.failures = 2;
    assertThatThrownBy(() -> assertRead(10, 10))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessage("s3://bucket/object: closed by the other side");
  }

  @Test
  void isReadOnAfterADisconnection() throws IOException {
    assertRead(0, 10);
    channel.disconnect();
    assertThat(store.connected).isFalse();
    assertRead(10, 10);
    assertThat(store.requests).isEqualTo(2);
  }

  private void assertRead(int place, int length) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(length);
    channel.position(place);
    while (target.hasRemaining() && channel.read(target) >= 0) {
      // may return fewer bytes
    }
    assertThat(target.array()).isEqualTo(Arrays.copyOfRange(bytes, place, place + length));
  }

  /** Simulates an object in Beam: the first read after a seek is a request, and a seek ends it. */
  private static final class CountingFile implements SeekableByteChannel {
    private final FileChannel file;
    int requests;
    int failures;
    boolean connected;

    CountingFile(FileChannel file) {
      this.file = file;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      if (!connected) {
        connected = true;
        requests++;
      }
      if (failures > 0) {
        failures--;
        target.put((byte) 1); // a part has arrived
        throw new IOException("closed by the other side");
      }
      return file.read(target);
    }

    @Override
    public SeekableByteChannel position(long place) throws IOException {
      assertThat(place).isBetween(0L, size() - 1);
      if (place != file.position()) {
        connected = false;
        file.position(place);
      }
      return this;
    }

    @Override
    public long position() throws IOException {
      return file.position();
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public boolean isOpen() {
      return file.isOpen();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }

    @Override
    public int write(ByteBuffer source) {
      throw new UnsupportedOperationException();
    }

    @Override
    public SeekableByteChannel truncate(long size) {
      throw new UnsupportedOperationException();
    }
  }
}
