package io.swavbeam.pipelines.archive.format;

import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.signature.FileSignature;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.archive.format.ArchiveFormat.Packed;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

/** The archive formats, in the order in which they are asked about names. */
public final class Formats {
  static final List<ArchiveFormat> ALL =
      ServiceLoader.load(ArchiveFormat.class, ArchiveFormat.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .sorted(Comparator.comparing(ArchiveFormat::order))
          .toList();

  private static final Map<Packing, ArchiveFormat> BY_PACKING = new EnumMap<>(Packing.class);

  static {
    ALL.forEach(
        format -> format.packings().forEach(packing -> BY_PACKING.putIfAbsent(packing, format)));
  }

  private Formats() {}

  /** Returns the format of archives with this name or URI. */
  public static Optional<ArchiveFormat> ofName(String name) {
    return Optional.ofNullable(Content.ofName(name).format());
  }

  static Optional<ArchiveFormat> ofSignature(FileSignature signature) {
    return ALL.stream().filter(format -> format.signatures().contains(signature)).findFirst();
  }

  private static Optional<ArchiveFormat> ofPacking(Packing packing) {
    return Optional.ofNullable(BY_PACKING.get(packing));
  }

  /**
   * Opens the packed bytes of an entry.
   *
   * @param channel the file
   * @throws ArchiveException if the file does not contain them
   */
  public static InputStream packed(SeekableByteChannel channel, Packed entry) throws IOException {
    Optional<ArchiveFormat> format = ofPacking(entry.packing());
    return format.isEmpty() ? stored(channel, entry) : format.get().packed(channel, entry);
  }

  /** Opens the bytes of an entry, unpacked. */
  public static InputStream unpacked(SeekableByteChannel channel, Packed entry) throws IOException {
    InputStream packed = packed(channel, entry);
    return ofPacking(entry.packing())
        .map(format -> format.unpacked(packed, entry.packing(), entry.crc32()))
        .orElse(packed);
  }

  /**
   * Unpacks the bytes of an entry.
   *
   * @throws ArchiveException if they are damaged
   * @throws UndecodableImageException if there are more than the limits allow
   */
  public static byte[] unpack(byte[] packed, ImageRef ref, ImageLimits limits)
      throws IOException, UndecodableImageException {
    Optional<ArchiveFormat> format = ofPacking(ref.packing());
    return format.isEmpty() ? packed : format.get().unpack(packed, ref, limits);
  }

  /** Opens bytes that are not compressed. */
  static InputStream stored(SeekableByteChannel channel, Packed entry) throws IOException {
    // Memory is allocated only for bytes that the file contains.
    long missing = entry.length() - Math.max(0, channel.size() - entry.offset());
    if (missing > 0) {
      throw new ArchiveException("the file ends %d bytes before the image does".formatted(missing));
    }
    return Channels.newInputStream(new SlicedChannel(channel, entry.offset(), entry.length()));
  }

  /** Returns whether a file is an archive of images, by its name. */
  public static boolean isArchive(String name) {
    return ofName(name).isPresent();
  }

  /** Returns whether a file is an archive, by its name and first bytes. */
  public static boolean isArchive(String name, byte[] head) {
    return !Content.isImage(head)
        && (isArchive(name) || FileSignature.of(head).flatMap(Formats::ofSignature).isPresent());
  }

  /** Returns whether a file only packs another one, by its name. */
  public static boolean isWrapper(String name) {
    return ofName(name).map(ArchiveFormat::isWrapper).orElse(false);
  }

  /** Returns whether an archive is read in parts, by its name. */
  public static boolean isInParts(String name) {
    return ofName(name).map(ArchiveFormat::isInParts).orElse(false);
  }

  /**
   * Returns the name of an archive without the extensions of its formats: {@code cats.v2} for
   * {@code cats.v2.tar.gz}.
   */
  public static String nameInside(String name) {
    Optional<ArchiveFormat> format = ofName(name);
    if (format.isEmpty()) {
      return name;
    }
    String inside = format.get().nameInside(name);
    return format.get().isWrapper() ? nameInside(inside) : inside;
  }
}
