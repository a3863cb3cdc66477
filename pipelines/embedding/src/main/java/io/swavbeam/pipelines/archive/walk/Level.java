package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.archive.format.ArchiveBytes;
import io.swavbeam.pipelines.archive.format.ArchiveFormat;
import io.swavbeam.pipelines.archive.format.ArchiveFormat.Companions;
import io.swavbeam.pipelines.archive.format.ArchiveFormat.Opening;
import io.swavbeam.pipelines.archive.format.ArchiveFormat.Part;
import io.swavbeam.pipelines.archive.format.Content;
import io.swavbeam.pipelines.archive.format.Member;
import io.swavbeam.pipelines.archive.format.Members;
import io.swavbeam.pipelines.archive.format.SlicedChannel;
import io.swavbeam.pipelines.storage.PassingErrors;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.commons.io.input.CloseShieldInputStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An archive while an {@link ArchiveReader} reads it: its position, its bytes, and the entries that
 * wait for others.
 */
final class Level implements SampleLabels.Receiver<Read>, Closeable {
  private final ArchiveReader reader;
  private final Context context;
  private final ArchiveFormat format;
  private final Companions companions;
  private final String letterSource;
  private final String letterName;

  // The bytes of the archive: a channel, or a stream that may be opened again.
  private @Nullable SeekableByteChannel channel;
  private long base;
  private Member.@Nullable Bytes stream;
  private boolean canBeReadAgain;
  private boolean ownsStream;
  private Part part = Part.ALL;

  private @Nullable InputStream in;
  private @Nullable Spool spool;
  private @Nullable Members members;
  private byte[] head = new byte[0];

  private boolean mayHoldLabels;
  private boolean isSecondWalk;
  private @Nullable IOException failure;
  private SampleLabels<Read> labels;
  private @Nullable Read lastTold;
  private Postponed postponed = new Postponed();
  // The postponed entries of inner archives that can only be read again with this one, by their
  // sources.
  private final Map<String, Postponed> postponedInside = new HashMap<>();
  private final Set<String> archives = new HashSet<>();

  /**
   * @param companions the companion files of the archive
   * @param letterSource the source in a dead letter of the archive itself
   * @param letterName the name in such a dead letter
   */
  Level(
      ArchiveReader reader,
      Context context,
      ArchiveFormat format,
      Companions companions,
      String letterSource,
      String letterName) {
    this.reader = reader;
    this.context = context;
    this.format = format;
    this.companions = companions;
    this.letterSource = letterSource;
    this.letterName = letterName;
    labels = new SampleLabels<>(reader.fields().label(), this);
  }

  /**
   * Reads by offset.
   *
   * @param archive a channel that contains only the archive
   * @param begin the offset of the archive in its file
   */
  Level onChannel(SeekableByteChannel archive, long begin) {
    channel = archive;
    base = begin;
    canBeReadAgain = true;
    return this;
  }

  /**
   * Reads from the beginning.
   *
   * @param again whether the stream can be opened more than once
   */
  Level onStream(Member.Bytes bytes, boolean again) {
    stream = bytes;
    canBeReadAgain = again;
    ownsStream = again;
    return this;
  }

  /** Reads only a part. */
  Level ofPart(Part only) {
    part = only;
    return this;
  }

  /** Creates the level of an inner archive. */
  Level inner(Member.File entry, EntryBytes bytes, ArchiveFormat inner, Context innerContext)
      throws IOException {
    boolean isWrapped = format.isWrapper();
    Level level =
        new Level(
            reader,
            innerContext,
            inner,
            companionsOf(entry),
            isWrapped ? letterSource : source(),
            isWrapped ? letterName : entry.name());
    if (channel != null && format.isReadByOffset() && entry.packing() == Packing.STORED) {
      return level.onChannel(bytesOf(entry), base + entry.offset());
    }
    return format.hasIndependentEntries()
        ? level.onStream(entry.bytes(), true)
        : level.onStream(bytes::in, false);
  }

  /** Returns the bytes of an uncompressed entry. An entry that is cut off ends with its archive. */
  SeekableByteChannel bytesOf(Member.File entry) throws IOException {
    long length = Math.min(entry.length(), Math.max(0, channel.size() - entry.offset()));
    return new SlicedChannel(channel, entry.offset(), length);
  }

  private Companions companionsOf(Member.File entry) {
    if (format.isWrapper()) {
      return companions;
    } else if (channel != null) {
      return CompanionFiles.of(channel, format, entry.name());
    }
    return name -> {
      byte[] kept = postponed.companions().get(CompanionFiles.inFolderOf(entry.name(), name));
      return kept == null ? null : new ByteArrayInputStream(kept);
    };
  }

  /** Moves to the next member; null at the end. */
  @Nullable Member next() throws IOException {
    if (members == null) {
      members = open();
      mayHoldLabels = members.mayHold(labels::isLabel);
    }
    Member next = members.next();
    if (next == null && in != null) {
      in.transferTo(OutputStream.nullOutputStream()); // a checksum may be at the end
    }
    return next;
  }

  private Members open() throws IOException {
    if (channel == null) {
      InputStream opened = stream.open();
      in =
          new BufferedInputStream(
              ownsStream ? opened : CloseShieldInputStream.wrap(opened), Content.HEAD);
      in.mark(Content.HEAD);
      head = in.readNBytes(Content.HEAD);
      in.reset();
      if (format.needsSeeking()) {
        spool = Spool.of(in, context.source());
        channel = spool.channel();
        canBeReadAgain = true;
      }
    }
    Opening opening =
        new Opening(context.name(), context.shown(), reader.fields(), part, companions);
    return format.open(
        channel == null
            ? ArchiveBytes.of(in)
            : ArchiveBytes.of(new SlicedChannel(channel, 0, channel.size())),
        opening);
  }

  private void closeMembers() throws IOException {
    if (members != null) {
      members.close();
      members = null;
    }
    if (in != null && ownsStream) {
      in.close();
      in = null;
    }
  }

  @Override
  public void close() throws IOException {
    closeMembers();
    if (spool != null) {
      spool.close();
    }
  }

  // Entries that wait for others.

  SampleLabels<Read> labels() {
    return labels;
  }

  Postponed postponed() {
    return postponed;
  }

  /** Takes an image. It waits for its label if the archive does not have the labels itself. */
  void image(Read image, boolean isLabelled) {
    if (isLabelled || format.isWrapper() || !mayHoldLabels) {
      reader.tell(image, null);
      return;
    }
    lastTold = null;
    labels.image(image.ref().name(), image.length(), image);
    if (lastTold == image) {
      return;
    }
    if (image.length() > SampleLabels.MAX_BYTES / 2) {
      reader.setLargeImage(this);
    } else {
      image.freeMemory();
    }
  }

  @Override
  public void image(Read image, @Nullable String label) {
    lastTold = image;
    if (image.length() > SampleLabels.MAX_BYTES / 2) {
      reader.setLargeImage(null);
    }
    reader.tell(image, label);
  }

  @Override
  public void label(String name, @Nullable String lost) {
    if (isSecondWalk) {
      return; // was reported in the first pass
    }
    if (lost == null) {
      reader.tell(new Entry.Sidecar(name));
    } else {
      reader.unusable(source(), name, ErrorKind.DAMAGED, lost);
    }
  }

  /** Keeps a companion file, if it cannot be read again. */
  void keepCompanion(Member.File entry) throws IOException {
    if (channel == null) {
      postponed.companions().put(entry.name(), CompanionFiles.bytes(entry).readAllBytes());
    }
  }

  /** Returns whether companion files of an inner archive may follow it. */
  boolean lacksCompanions(Member.File entry, ArchiveFormat inner) {
    return channel == null
        && !format.isWrapper()
        && !inner.companions(Content.fileName(entry.name())).isEmpty()
        && inner.companions(Content.fileName(entry.name())).stream()
            .map(name -> CompanionFiles.inFolderOf(entry.name(), name))
            .noneMatch(postponed.companions()::containsKey);
  }

  // Second pass.

  boolean isSecondWalk() {
    return isSecondWalk;
  }

  boolean canBeReadAgain() {
    return canBeReadAgain;
  }

  /** Returns whether an inner archive, or an archive in it, has postponed entries. */
  boolean hasPostponedIn(String inner) {
    return postponedInside.keySet().stream()
        .anyMatch(source -> source.equals(inner) || source.startsWith(inner + Context.INNER));
  }

  /** Removes and returns the entries of an inner archive that the first pass postponed. */
  Postponed postponedIn(String inner) {
    Postponed found = postponedInside.remove(inner);
    return found == null ? new Postponed() : found;
  }

  /** Begins a pass that returns only the postponed entries. */
  void beginSecondWalk(Postponed wanted) {
    isSecondWalk = true;
    postponed = wanted;
    labels = new SampleLabels<>(reader.fields().label(), this);
    archives.clear();
  }

  /**
   * Begins the second pass, if it is needed.
   *
   * @param again the innermost archive that can be read again
   */
  boolean beginsSecondWalk(Level again) {
    if (isSecondWalk) {
      return false;
    }
    if (!postponed.isEmpty()) {
      postponed.resolve((link, why) -> lost(source(), link, why));
    }
    if (again != this) {
      if (!postponed.isEmpty()) {
        again.postponedInside.put(source(), postponed);
        postponed = new Postponed();
      }
      return false;
    }
    if (postponed.isEmpty() && postponedInside.isEmpty()) {
      return false;
    }
    try {
      closeMembers();
    } catch (IOException e) {
      fail(e);
    }
    beginSecondWalk(postponed);
    return true;
  }

  /** Reports the links without a target. */
  void tellLostLinks() {
    postponed.finish((link, why) -> lost(source(), link, why));
    postponedInside.forEach((inner, left) -> left.finish((link, why) -> lost(inner, link, why)));
  }

  private void lost(String inner, Member.Link link, String why) {
    reader.unusable(inner, link.name(), ErrorKind.NOT_AN_IMAGE, why);
  }

  // Properties of the archive.

  /** Sets the error of the archive, unless it has one. */
  void fail(IOException e) {
    if (failure == null && !isSecondWalk) {
      if (channel != null) {
        head = head(channel);
      }
      String why = Content.whyUnreadable(context.name(), head, PassingErrors.describe(e));
      failure = new ArchiveException(PassingErrors.kind(e), why, e);
    }
  }

  private static byte[] head(SeekableByteChannel channel) {
    try {
      return Channels.newInputStream(new SlicedChannel(channel, 0, channel.size()))
          .readNBytes(Content.HEAD);
    } catch (IOException e) {
      return new byte[0]; // the error of the pass is reported
    }
  }

  @Nullable IOException failure() {
    return failure;
  }

  /**
   * Requires that an image ends within the archive, which is read by offset. Independent entries
   * check this themselves.
   *
   * @throws ArchiveException if the archive is cut off
   */
  void requireWhole(Member.File entry) throws IOException {
    if (!format.hasIndependentEntries() && entry.length() > channel.size() - entry.offset()) {
      throw new ArchiveException("it is cut off in the middle of " + entry.name());
    }
  }

  ArchiveFormat format() {
    return format;
  }

  String source() {
    return context.source();
  }

  long base() {
    return base;
  }

  @Nullable String labelOf(String entry) {
    return format.isWrapper() ? context.ownLabel() : context.labelOf(entry);
  }

  String letterSource() {
    return letterSource;
  }

  String letterName() {
    return letterName;
  }

  /** Returns the context of an inner archive. Must be called for each of them in order. */
  Context contextOf(Member.File entry) {
    if (format.isWrapper()) {
      return context.unwrapped(entry.name());
    }
    String inner = source() + Context.INNER + entry.name();
    return context.inside(
        archives.add(entry.name()) ? inner : inner + "@" + entry.position(), entry.name());
  }
}
