package io.swavbeam.model.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A SHA-256 digest of a sequence of texts and numbers. */
public final class Digest {
  private static final int BUFFER = 1 << 20;

  private final MessageDigest sha256;

  public Digest() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  /** Adds a text without a separator after it. */
  public Digest add(String text) {
    sha256.update(text.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /** Adds a number. */
  public Digest add(long number) {
    sha256.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
    return this;
  }

  /** Adds bytes. */
  public Digest add(byte[] bytes) {
    sha256.update(bytes);
    return this;
  }

  /** Adds the bytes of a file. */
  public Digest add(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[BUFFER];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        sha256.update(buffer, 0, read);
      }
    }
    return this;
  }

  /** Returns the 32 bytes of the digest. Nothing can be added afterwards. */
  public ByteBuffer bytes() {
    return ByteBuffer.wrap(sha256.digest());
  }

  /**
   * Returns the digest in hexadecimal digits. Nothing can be added afterwards.
   *
   * @param length number of digits, at most 64
   */
  public String hex(int length) {
    return HexFormat.of().formatHex(bytes().array()).substring(0, length);
  }
}
