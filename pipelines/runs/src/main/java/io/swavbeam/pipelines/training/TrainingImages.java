package io.swavbeam.pipelines.training;

import io.swavbeam.model.config.Digest;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.listing.FoundFiles;
import io.swavbeam.pipelines.listing.InputGroup;
import io.swavbeam.pipelines.listing.Listing;
import io.swavbeam.pipelines.listing.Listings;
import io.swavbeam.pipelines.manifest.InputChange;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.storage.Folder;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The images of a training run: a manifest on disk, and counts. Files are listed by as many threads
 * as there are cores, and listings are kept. Memory does not grow with the number of images.
 * Closing this object deletes the manifest, unless it was moved.
 */
public final class TrainingImages implements AutoCloseable {
  private static final String DEAD_LETTERS = "dead-letters.jsonl";
  private static final String PREFIX = ".training-images-";
  private static final int DIGEST_LENGTH = 24;

  private final Path folder;
  private final String digest;
  private final String content;
  private final long images;
  private final long files;
  private final Letters letters;
  private final SidecarCounts sidecars;

  private TrainingImages(
      Path folder,
      String digest,
      String content,
      long images,
      long files,
      Letters letters,
      SidecarCounts sidecars) {
    this.folder = folder;
    this.digest = digest;
    this.content = content;
    this.images = images;
    this.files = files;
    this.letters = letters;
    this.sidecars = sidecars;
  }

  /**
   * Lists the images of files, in the order of the URIs of the files.
   *
   * @param inputs files, folders, patterns and archives, by path or URI
   * @param listings the folder of listings, the limits and the fields
   * @param copies the copies of archives that can only be read from their beginning
   * @param folder the folder for the temporary manifest
   * @throws IOException in one line, if an input matches nothing
   */
  public static TrainingImages list(
      List<String> inputs, Listings listings, ArchiveCopies copies, Path folder)
      throws IOException {
    return list(inputs, listings, copies, folder, null);
  }

  /**
   * Lists the images of files. Copies an earlier manifest if the files have not changed according
   * to their fingerprints, and all could be used.
   *
   * @param before the folder of a manifest, or null
   */
  public static TrainingImages list(
      List<String> inputs,
      Listings listings,
      ArchiveCopies copies,
      Path folder,
      @Nullable Path before)
      throws IOException {
    Path temporary =
        Files.createDirectory(folder.resolve(PREFIX + UUID.randomUUID() + AtomicFiles.UNFINISHED));
    boolean listed = false;
    Listings.tidyUp(listings.folder());
    try (Letters letters = new Letters(temporary.resolve(DEAD_LETTERS))) {
      Found found = find(inputs, listings.folder(), letters);
      TrainingImages images = again(before, found, listings, temporary, letters);
      if (images == null) {
        images = list(found, listings, copies, temporary, letters);
      }
      listed = true;
      return images;
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } finally {
      if (!listed) {
        AtomicFiles.delete(temporary);
      }
    }
  }

  /** The files in groups. */
  private static final class Found {
    final List<InputGroup> groups = new ArrayList<>();
    long files;

    /** Returns a digest of the files and of their fingerprints. */
    String digest(Listings listings) throws IOException {
      Digest digest = digestOf(listings);
      ListingMerge.contents(groups, digest::add);
      return digest.hex(DIGEST_LENGTH);
    }
  }

  /** Creates a digest of files with these options. The content of each group is to be added. */
  private static Digest digestOf(Listings listings) {
    Digest digest = new Digest().add(listings.limits().toString());
    return listings.fields().equals(SampleFields.DEFAULT)
        ? digest
        : digest.add(listings.fields().toString());
  }

  private static Found find(List<String> inputs, Folder listings, Letters letters)
      throws IOException {
    Found found = new Found();
    found.files =
        FoundFiles.find(
            inputs,
            listings,
            new FoundFiles.Visitor() {
              @Override
              public void group(InputGroup group) {
                found.groups.add(group);
              }

              @Override
              public void deadLetter(DeadLetter letter) {
                letters.add(letter);
              }
            });
    found.groups.sort(Comparator.comparing(InputGroup::firstFile));
    return found;
  }

  private static @Nullable TrainingImages again(
      @Nullable Path before, Found found, Listings listings, Path temporary, Letters letters)
      throws IOException {
    if (before == null || letters.count > 0 || !Files.exists(Manifest.file(before))) {
      return null;
    }
    try (Manifest manifest = Manifest.read(before)) {
      Manifest.Notes notes = manifest.notes();
      boolean complete = !notes.input().isEmpty() && !notes.content().isEmpty();
      if (!complete || !notes.input().equals(found.digest(listings))) {
        return null;
      }
      linkOrCopy(Manifest.file(before), Manifest.file(temporary));
      SidecarCounts sidecars = new SidecarCounts();
      sidecars.addAll(notes.sidecars());
      return new TrainingImages(
          temporary,
          notes.images(),
          notes.content(),
          manifest.size(),
          found.files,
          letters,
          sidecars);
    }
  }

  private static void linkOrCopy(Path from, Path to) throws IOException {
    try {
      Files.createLink(to, from);
    } catch (UnsupportedOperationException | FileSystemException e) {
      Files.copy(from, to); // some file systems have no links
    }
  }

  private static TrainingImages list(
      Found found, Listings listings, ArchiveCopies copies, Path temporary, Letters letters)
      throws IOException {
    SidecarCounts sidecars = new SidecarCounts();
    try (Manifest.Writer manifest = Manifest.writer(temporary);
        ListingMerge merge = new ListingMerge(found.groups, listings, letters::add)) {
      ArchiveExpander expander =
          new ArchiveExpander(
              listings.limits(), listings.fields(), copies, manifest, letters, sidecars);
      boolean[] expanded = new boolean[1];
      Digest content = digestOf(listings);
      merge.visit(
          new ListingMerge.Visitor() {
            private final List<StreamedRef> streamed = new ArrayList<>();

            @Override
            public void listing(InputGroup group, Listing listing) {
              content.add(Listings.content(group, listing.notes().fingerprints()));
              sidecars.addAll(listing.notes().sidecars());
            }

            @Override
            public void image(StoredRef ref) throws IOException {
              if (ref instanceof StreamedRef archive) {
                streamed.add(archive);
                expanded[0] = true;
              } else if (ref instanceof ImageRef image) {
                manifest.add(image);
              }
            }

            @Override
            public void endOfFile(String uri, String fingerprint) throws IOException {
              copies.announce(streamed, fingerprint);
              for (StreamedRef ref : streamed) {
                expander.expand(ref, fingerprint);
              }
              streamed.clear();
              manifest.endSource(uri, fingerprint);
            }
          });
      // Copies may have been deleted, and unreadable files may have been repaired.
      String input = letters.count > 0 || expanded[0] ? "" : content.hex(DIGEST_LENGTH);
      String digest = manifest.finish(input, sidecars.byExtension());
      return new TrainingImages(
          temporary, digest, manifest.content(), manifest.images(), found.files, letters, sidecars);
    }
  }

  /** Returns the number of images. */
  public long images() {
    return images;
  }

  /** Returns the number of files. */
  public long files() {
    return files;
  }

  /** Returns a digest of the names and positions of the images, see {@link Manifest#digest}. */
  public String digest() {
    return digest;
  }

  /** Returns a digest of the bytes of the files, see {@link Manifest.Notes}. */
  public String content() {
    return content;
  }

  /**
   * Compares the images with those that a run began with.
   *
   * @param before the folder of the manifest of the run
   * @param renamed called with the earlier and the current name of each renamed archive
   * @return whether they could be compared; if so, the images are the same and in the same order
   * @throws io.swavbeam.model.run.TrainingFailedException in one line with the first file that
   *     differs
   */
  public boolean areThoseOf(Path before, BiConsumer<String, String> renamed) throws IOException {
    return Files.exists(Manifest.file(before))
        && InputChange.check(Manifest.file(before), manifestFile(), renamed);
  }

  /** Returns the number of files and entries that could not be found, listed or copied. */
  public long deadLetters() {
    return letters.count;
  }

  /** Returns the first dead letter, or null. */
  public @Nullable DeadLetter firstDeadLetter() {
    return letters.first;
  }

  /** Returns the files and entries beside images. */
  public SidecarCounts sidecars() {
    return sidecars;
  }

  /** Throws an error in one line with the reason, if there are no images. */
  public void requireImages() throws IOException {
    if (images == 0) {
      DeadLetter first = letters.first;
      String why =
          first == null
              ? "nothing there is an image or a known archive"
              : "%s: %s".formatted(first.source(), first.error());
      throw new IOException("the input holds no image: " + why);
    }
  }

  /** Returns the file of the manifest. */
  public Path manifestFile() {
    return Manifest.file(folder);
  }

  /** Opens the manifest, to be closed by the caller. */
  public Manifest open() throws IOException {
    return Manifest.open(manifestFile());
  }

  /** Moves the manifest to a folder. It is never visible in part. */
  public void moveManifest(Path to) throws IOException {
    AtomicFiles.writeFolder(
        to, unfinished -> Files.move(manifestFile(), Manifest.file(unfinished)));
  }

  /** Moves the dead letters to a file, if there are any. */
  public void moveDeadLetters(Path to) throws IOException {
    if (letters.count > 0) {
      Files.createDirectories(to.getParent());
      Files.move(folder.resolve(DEAD_LETTERS), to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @Override
  public void close() throws IOException {
    AtomicFiles.delete(folder);
  }

  /** Writes dead letters of several threads to a file. */
  static final class Letters implements AutoCloseable {
    private final BufferedWriter writer;
    private long count;
    private @Nullable DeadLetter first;

    Letters(Path file) throws IOException {
      writer = Files.newBufferedWriter(file);
    }

    synchronized void add(DeadLetter letter) {
      try {
        writer.write(letter.toJson());
        writer.write('\n');
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      count++;
      if (first == null || letter.source().compareTo(first.source()) < 0) {
        first = letter;
      }
    }

    @Override
    public synchronized void close() throws IOException {
      writer.close();
    }
  }
}
