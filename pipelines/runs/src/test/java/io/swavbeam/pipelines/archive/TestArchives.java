package io.swavbeam.pipelines.archive;

import io.swavbeam.model.testing.TestImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Archives for tests. */
public final class TestArchives {
  /** An image that was put into an archive. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Original(String name, String label, byte[] bytes) {}

  private TestArchives() {}

  /**
   * Returns labelled JPEGs of various sizes, one of them with a name that needs an extension of
   * tar.
   */
  public static List<Original> images(int count) {
    List<Original> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String label = i % 2 == 0 ? "cat" : "dog";
      String file = i == 1 ? "ä" + "long".repeat(40) + ".JPEG" : "%03d.jpg".formatted(i);
      images.add(
          new Original("train/" + label + "/" + file, label, TestImages.jpeg(i, 20 + i, 50 - i)));
    }
    return images;
  }

  /** Returns a tar of images with a folder, a note and a hidden file of macOS. */
  public static byte[] tar(int count) {
    return tar(images(count));
  }

  public static byte[] tar(List<Original> images) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setAddPaxHeadersForNonAsciiNames(true);
      tar.putArchiveEntry(new TarArchiveEntry("train/"));
      tar.closeArchiveEntry();
      put(tar, "train/notes.txt", new byte[] {'h', 'i'});
      put(tar, "train/cat/._000.jpg", new byte[] {0});
      for (Original image : images) {
        put(tar, image.name(), image.bytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Puts a file into a tar. */
  public static void put(TarArchiveOutputStream tar, String name, byte[] content)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(content.length);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  /** Returns the bytes as a gzip file. */
  public static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
