package io.swavbeam.pipelines.archive.format;

import io.swavbeam.model.signature.FileSignature;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;

/** A compression of whole files, which can only be read from the beginning. */
enum Compression {
  GZIP("gz", "tgz", FileSignature.GZIP),
  BZIP2("bz2", "tbz2", FileSignature.BZIP2),
  XZ("xz", "txz", FileSignature.XZ),
  ZSTD("zst", "tzst", FileSignature.ZSTANDARD);

  private static final int BUFFER = 64 * 1024;
  private static final int SMALL_BUFFER = 4 * 1024;
  // The largest memory of a decoder of xz, whose need is in the file.
  private static final int MAX_KILOBYTES = 256 * 1024;

  private final String suffix;
  private final String tarSuffix;
  private final FileSignature signature;

  Compression(String suffix, String tarSuffix, FileSignature signature) {
    this.suffix = "." + suffix;
    this.tarSuffix = "." + tarSuffix;
    this.signature = signature;
  }

  FileSignature signature() {
    return signature;
  }

  /** Returns the compression by the name of a file, if it has one. */
  static Optional<Compression> ofName(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    for (Compression compression : values()) {
      if (lower.endsWith(compression.suffix) || lower.endsWith(compression.tarSuffix)) {
        return Optional.of(compression);
      }
    }
    return Optional.empty();
  }

  /** Returns the compression by the first bytes of a file, if it has one. */
  static Optional<Compression> ofBytes(byte[] head) {
    Optional<FileSignature> signature = FileSignature.of(head);
    return Arrays.stream(values())
        .filter(compression -> signature.filter(compression.signature::equals).isPresent())
        .findFirst();
  }

  /**
   * Returns the name of the file inside: {@code photos.tar} for {@code photos.tar.gz} and {@code
   * photos.tgz}.
   */
  static String nameInside(String name) {
    Optional<Compression> compression = ofName(name);
    if (compression.isEmpty()) {
      return name;
    }
    String suffix = compression.get().suffix;
    String tarSuffix = compression.get().tarSuffix;
    return name.toLowerCase(Locale.ROOT).endsWith(tarSuffix)
        ? name.substring(0, name.length() - tarSuffix.length()) + ".tar"
        : name.substring(0, name.length() - suffix.length());
  }

  /**
   * Decompresses a stream.
   *
   * @param in a file from its beginning; several members are concatenated
   */
  InputStream open(InputStream in) throws IOException {
    InputStream buffered = new BufferedInputStream(in, BUFFER);
    return switch (this) {
      // There is no buffer around it. If the file is cut off, a buffer would lose the bytes before
      // the error.
      case GZIP -> new GZIPInputStream(buffered, BUFFER);
      case BZIP2 ->
          new BufferedInputStream(
              new DamageStream(new BZip2CompressorInputStream(buffered, true)), SMALL_BUFFER);
      case XZ ->
          new BufferedInputStream(
              new DamageStream(
                  XZCompressorInputStream.builder()
                      .setInputStream(buffered)
                      .setDecompressConcatenated(true)
                      .setMemoryLimitKiB(MAX_KILOBYTES)
                      .get()),
              SMALL_BUFFER);
      case ZSTD ->
          new BufferedInputStream(
              new DamageStream(new ZstdCompressorInputStream(buffered)), SMALL_BUFFER);
    };
  }
}
