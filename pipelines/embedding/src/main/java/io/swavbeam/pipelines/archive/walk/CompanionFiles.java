package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.format.ArchiveBytes;
import io.swavbeam.pipelines.archive.format.ArchiveFormat;
import io.swavbeam.pipelines.archive.format.ArchiveFormat.Companions;
import io.swavbeam.pipelines.archive.format.ArchiveFormat.Opening;
import io.swavbeam.pipelines.archive.format.ArchiveFormat.Part;
import io.swavbeam.pipelines.archive.format.Content;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.archive.format.Member;
import io.swavbeam.pipelines.archive.format.Members;
import io.swavbeam.pipelines.archive.format.SlicedChannel;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.util.Optional;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A search for the companion files of an archive: in its folder, or in the outer archive. */
final class CompanionFiles {
  private static final int MAX_BYTES = 1 << 26;

  /** Reads the bytes of a file. */
  @FunctionalInterface
  private interface Found<T> {
    T use(SeekableByteChannel archive, Member.File file) throws IOException;
  }

  private CompanionFiles() {}

  /** Returns the companion files of an archive by the source of its entries. */
  static Companions of(Location file, String source) {
    int inner = source.indexOf(Context.INNER);
    if (inner < 0) {
      return name -> {
        Location beside = new Location(inFolderOf(source, name));
        return source.equals(beside.uri()) || !Stores.exists(beside)
            ? null
            : new BufferedInputStream(Stores.stream(beside));
      };
    }
    String path = source.substring(inner + Context.INNER.length());
    return name -> {
      try (SeekableByteChannel channel = Stores.open(file)) {
        return find(channel, Content.fileName(source.substring(0, inner)), path, name);
      }
    };
  }

  /** Returns the companion files of an inner archive. */
  static Companions of(SeekableByteChannel archive, ArchiveFormat format, String entry) {
    return name -> find(archive, format, inFolderOf(entry, name), (any, file) -> bytes(file));
  }

  static String inFolderOf(String path, String name) {
    return path.substring(0, path.lastIndexOf('/') + 1) + name;
  }

  private static @Nullable InputStream find(
      SeekableByteChannel archive, String archiveName, String path, String name)
      throws IOException {
    Optional<ArchiveFormat> format = Formats.ofName(archiveName);
    if (format.isEmpty() || !format.get().isReadByOffset()) {
      return null;
    }
    int inner = path.indexOf(Context.INNER);
    if (inner < 0) {
      return of(archive, format.get(), path).open(name);
    }
    String entry = path.substring(0, inner);
    return find(
        archive,
        format.get(),
        entry,
        (in, file) ->
            file.packing() == Packing.STORED
                ? find(
                    new SlicedChannel(in, file.offset(), file.length()),
                    Content.fileName(entry),
                    path.substring(inner + Context.INNER.length()),
                    name)
                : null);
  }

  private static <T> @Nullable T find(
      SeekableByteChannel archive, ArchiveFormat format, String entry, Found<T> found)
      throws IOException {
    SeekableByteChannel all = new SlicedChannel(archive, 0, archive.size());
    Opening opening = new Opening("", "", SampleFields.DEFAULT, Part.ALL, Companions.NONE);
    try (Members members = format.open(ArchiveBytes.of(all), opening)) {
      for (Member member = members.next(); member != null; member = members.next()) {
        if (member instanceof Member.File file && file.name().equals(entry)) {
          return found.use(archive, file);
        }
      }
    } catch (ArchiveException e) {
      // Listing the archive reports the error.
    }
    return null;
  }

  /** Opens the bytes of a file in an archive. */
  static InputStream bytes(Member.File file) throws IOException {
    byte[] bytes;
    try (InputStream in = file.bytes().open()) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    if (bytes.length > MAX_BYTES) {
      throw new ArchiveException(
          "%s has more than %d MB: unpack it".formatted(file.name(), MAX_BYTES >> 20));
    }
    return new ByteArrayInputStream(bytes);
  }
}
