package io.swavbeam.pipelines.listing;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.Digest;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.archive.walk.ArchiveReader;
import io.swavbeam.pipelines.archive.walk.Entry;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.manifest.ImageList;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.beam.sdk.annotations.Internal;

/**
 * A folder of listings of files, each made once. The name of a listing is a digest of the files,
 * their lengths and their versions. So it is used again for the same files, and not for changed
 * ones. For local files, {@link Fingerprints} are read each time and are part of the name, because
 * a modification time does not identify the content. For files of a store, the ETag does. Files
 * with dead letters are listed again, because their cause may have been fixed.
 *
 * @param folder a folder that all workers can read and write; its files may be deleted when nothing
 *     runs
 * @param limits the limits on images
 * @param fields the fields of samples that are read
 */
@Internal
public record Listings(Folder folder, ImageLimits limits, SampleFields fields)
    implements Serializable {
  /** The name of the folder of listings in a run directory or a folder of embeddings. */
  public static final String FOLDER = ".listings";

  /** The folder of incomplete files. */
  public static final String UNFINISHED = ".unfinished";

  static final String SUFFIX = ".records";

  /** The version of the listing of archives. Increased whenever archives are listed differently. */
  private static final int VERSION = 7;

  private static final Duration A_DAY = Duration.ofDays(1);
  private static final int CONTENT_LENGTH = 12;
  private static final int ID_LENGTH = 24;

  /** Creates listings with the default fields of samples. */
  public Listings(Folder folder, ImageLimits limits) {
    this(folder, limits, SampleFields.DEFAULT);
  }

  /** Deletes incomplete files of killed processes that are older than a day. */
  public static void tidyUp(Folder listings) throws IOException {
    listings.folder(UNFINISHED).deleteOlder(A_DAY);
  }

  /**
   * Returns the listing of a group. Makes it if it does not exist.
   *
   * @param letters called with the dead letters
   */
  public Listing of(InputGroup group, Consumer<DeadLetter> letters) throws IOException {
    List<InputFile> files = group.load();
    Fingerprints read = group.hasLocalFiles() ? Fingerprints.of(files) : null;
    Digest digest = new Digest().add(VERSION).add(group.id()).add(limits.toString());
    if (read != null) {
      digest.add(read.digest());
    }
    if (!fields.equals(SampleFields.DEFAULT)) {
      digest.add(fields.toString());
    }
    String id = digest.hex(ID_LENGTH);
    Location kept = folder.file(id + SUFFIX);
    return Stores.exists(kept)
        ? open(kept)
        : make(files, id, read == null ? Fingerprints.of(files) : read, letters);
  }

  /**
   * Returns a digest of the files of a group, and of their bytes by fingerprints. Groups with equal
   * digests have equal listings. Reads local files.
   */
  public static String content(InputGroup group) throws IOException {
    return content(
        group, group.hasLocalFiles() ? Fingerprints.of(group.load()) : Fingerprints.NONE);
  }

  /** Returns the digest for known fingerprints. */
  public static String content(InputGroup group, Fingerprints fingerprints) {
    return group.hasLocalFiles() ? group.id() + fingerprints.digest() : group.id();
  }

  private static Listing open(Location kept) throws IOException {
    ImageList images = ImageList.open(kept);
    try {
      return new Listing(kept, images, Listing.notes(images, kept));
    } catch (InvalidConfigException e) {
      images.close();
      throw new IOException(e.getMessage() + ": delete it, and it is created again", e);
    }
  }

  private Listing make(
      List<InputFile> files, String id, Fingerprints fingerprints, Consumer<DeadLetter> letters)
      throws IOException {
    Location unfinished = folder.folder(UNFINISHED).file(UUID.randomUUID().toString());
    boolean moved = false;
    try (ImageList.Writer writer = new ImageList.Writer(Stores.create(unfinished))) {
      Lister lister = new Lister(writer, letters);
      for (InputFile file : files) {
        lister.list(ArchiveReader.list(file, limits, fields));
      }
      writer.finish(ConfigJson.write(lister.notes.finish(lister.sidecars, fingerprints)));
      // A listing with dead letters has its own name, so that it is not found by the files alone.
      String name = lister.letters == 0 ? id : id + "-" + lister.content.hex(CONTENT_LENGTH);
      Location kept = folder.file(name + SUFFIX);
      Stores.move(unfinished, kept);
      moved = true;
      return open(kept);
    } finally {
      if (!moved) {
        Stores.delete(List.of(unfinished));
      }
    }
  }

  private static final class Lister {
    private final ImageList.Writer writer;
    private final Consumer<DeadLetter> told;
    private final Listing.NotesBuilder notes = new Listing.NotesBuilder();
    private final SidecarCounts sidecars = new SidecarCounts();
    private final Digest content = new Digest();
    private long letters;

    Lister(ImageList.Writer writer, Consumer<DeadLetter> told) {
      this.writer = writer;
      this.told = told;
    }

    void list(ArchiveReader file) throws IOException {
      try (file) {
        for (Entry entry = file.next(); entry != null; entry = file.next()) {
          if (entry instanceof Entry.Image image) {
            add(image.ref());
          } else if (entry instanceof Entry.Streamed archive) {
            add(archive.ref());
          } else if (entry instanceof Entry.Unusable unusable) {
            letters++;
            told.accept(unusable.letter());
          } else if (entry instanceof Entry.Sidecar sidecar) {
            sidecars.add(sidecar.name());
          }
        }
      }
    }

    private void add(StoredRef ref) throws IOException {
      writer.add(ref);
      notes.add(ref);
      content.add(ref.source()).add("\0").add(ref.position()).add(ref.length());
    }
  }
}
