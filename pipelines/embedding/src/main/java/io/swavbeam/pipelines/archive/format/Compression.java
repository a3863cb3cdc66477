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

/** A compression of whole files: what is in them can only be read from the beginning. */
enum Compression {
  GZIP("gz", "tgz", FileSignature.GZIP),
  BZIP2("bz2", "tbz2", FileSignature.BZIP2),
  XZ("xz", "txz", FileSignature.XZ),
  ZSTD("zst", "tzst", FileSignature.ZSTANDARD);

  private static final int BUFFER = 64 * 1024;
  private static final int SMALL_BUFFER = 4 * 1024;
  // A decoder of xz takes as much as the file says.
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

  /** The compression that a file's name says, or nothing. */
  static Optional<Compression> ofName(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    for (Compression compression : values()) {
      if (lower.endsWith(compression.suffix) || lower.endsWith(compression.tarSuffix)) {
        return Optional.of(compression);
      }
    }
    return Optional.empty();
  }

  /** The compression that a file's first bytes say, or nothing. */
  static Optional<Compression> ofBytes(byte[] head) {
    Optional<FileSignature> signature = FileSignature.of(head);
    return Arrays.stream(values())
        .filter(compression -> signature.filter(compression.signature::equals).isPresent())
        .findFirst();
  }

  /** The name of what is in a file: {@code photos.tar} for {@code photos.tar.gz} and for tgz. */
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
   * Unpacks.
   *
   * @param in a file from its beginning; several members are read one after the other
   */
  InputStream open(InputStream in) throws IOException {
    InputStream buffered = new BufferedInputStream(in, BUFFER);
    return switch (this) {
      // Not buffered: where the file is cut off, what came before must not be lost with it.
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
