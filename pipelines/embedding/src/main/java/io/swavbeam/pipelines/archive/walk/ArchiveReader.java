package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.ArchiveRef;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.RowsRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.format.ArchiveBytes;
import io.swavbeam.pipelines.archive.format.ArchiveFormat;
import io.swavbeam.pipelines.archive.format.ArchiveFormat.Companions;
import io.swavbeam.pipelines.archive.format.ArchiveFormat.Packed;
import io.swavbeam.pipelines.archive.format.ArchiveFormat.Part;
import io.swavbeam.pipelines.archive.format.Content;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.archive.format.Member;
import io.swavbeam.pipelines.archive.format.SlicedChannel;
import io.swavbeam.pipelines.jvm.MemoryBudget;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.PassingErrors;
import io.swavbeam.pipelines.storage.Stores;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.commons.io.IOUtils;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Tells the entries of a file of the input and of the archives in it, one after the other.
 *
 * <pre>{@code
 * try (ArchiveReader reader = ArchiveReader.list(file, ImageLimits.DEFAULT, SampleFields.DEFAULT)) {
 *   for (Entry entry = reader.next(); entry != null; entry = reader.next()) {
 *     ...
 *   }
 * }
 * }</pre>
 *
 * <p>{@link #list} tells images without their bytes, which a reference finds again, and walks into
 * archives that are read by offset. An archive that has to be read from its beginning is told as
 * {@link Entry.Streamed}: {@link #read} tells its images with their bytes. Both are the same walk,
 * with the same rules:
 *
 * <ul>
 *   <li>An entry is told once, as one of the kinds of {@link Entry}. A file that belongs to an
 *       archive beside it, such as the labels of an IDX file, is a part of that one.
 *   <li>The label of an image is in the file beside it that has its key ({@link
 *       SampleFields#label}). Without one, it is the name of its folder, else of the archive in an
 *       archive that holds it: {@code cats.v2} for {@code cats.v2.tar.gz}.
 *   <li>A link is an image with the bytes of the file at the end of its chain, in its own archive.
 *   <li>Archives in archives are walked to {@value #MAX_DEPTH} levels. A second archive of the same
 *       name in the same archive is the source {@code name@position}.
 *   <li>What comes before a damaged place is good. The damage is told as the archive's dead letter.
 * </ul>
 *
 * <p>An archive that holds links is walked twice, others once. Not safe for use by several threads
 * at once.
 */
public final class ArchiveReader implements Closeable {
  /** How deep archives lie in archives. */
  static final int MAX_DEPTH = 3;

  // No one compresses a file more often than this on purpose.
  private static final int MAX_LAYERS = 6;

  /**
   * An entry that is to be told.
   *
   * @param memory that its bytes take, or null
   */
  private record Ready(Entry entry, MemoryBudget.@Nullable Share memory) {}

  /** An image that is read once the large image before it is not in memory any more. */
  private record WaitingImage(Member.File entry, EntryBytes bytes, List<Member.Link> links) {}

  private final Location file;
  private final ImageLimits limits;
  private final SampleFields fields;
  private final boolean isListing;
  private final Deque<Level> levels = new ArrayDeque<>();
  private final Deque<Ready> ready = new ArrayDeque<>();
  private MemoryBudget.@Nullable Share told;
  // The archive in which a large image waits for its label.
  private @Nullable Level ofLargeImage;
  private @Nullable WaitingImage waiting;
  private @Nullable Closeable opened;

  private ArchiveReader(Location file, ImageLimits limits, SampleFields fields, boolean isListing) {
    this.file = file;
    this.limits = limits;
    this.fields = fields;
    this.isListing = isListing;
  }

  /** Lists a file, reading no more of it than needed. */
  public static ArchiveReader list(InputFile file, ImageLimits limits, SampleFields fields) {
    ArchiveReader reader = new ArchiveReader(file.location(), limits, fields, true);
    String uri = file.location().uri();
    return reader.begun(
        () -> reader.begin(file, uri, Context.ofFile(uri, file.name()), file.name()));
  }

  /**
   * Lists a copy of the file that a compressed archive wraps.
   *
   * @param archive one that was told as {@link Entry.Streamed}
   * @param copy a file of this machine, whose name says what it is
   */
  public static ArchiveReader listCopy(
      StreamedRef archive, InputFile copy, ImageLimits limits, SampleFields fields) {
    ArchiveReader reader = new ArchiveReader(copy.location(), limits, fields, true);
    String name = copy.location().name();
    return reader.begun(
        () -> reader.begin(copy, name, Context.of(archive).unwrapped(name), archive.name()));
  }

  /** The name of the file that a compressed archive wraps. */
  public static String nameInside(StreamedRef archive) {
    String name = Content.fileName(archive.name());
    return Formats.ofName(name)
        .filter(ArchiveFormat::isWrapper)
        .map(format -> format.nameInside(name))
        .orElse(name);
  }

  /**
   * Reads an archive from its beginning.
   *
   * @param archive one that was told as {@link Entry.Streamed}
   */
  public static ArchiveReader read(StreamedRef archive, ImageLimits limits, SampleFields fields) {
    ArchiveReader reader = new ArchiveReader(archive.file(), limits, fields, false);
    return reader.begun(() -> reader.begin(archive));
  }

  /**
   * Moves to the next entry. The bytes of the one before are not to be used any more. What is wrong
   * with the file is an entry.
   *
   * @return null at the end
   * @throws io.swavbeam.pipelines.storage.StoreUnavailableException if a store does not answer, or
   *     the disk has no room for the copy of an archive
   */
  public @Nullable Entry next() {
    release();
    while (ready.isEmpty() && !levels.isEmpty()) {
      Level level = levels.peek();
      boolean isOver;
      IOException failure = null;
      try {
        isOver = !step(level);
      } catch (IOException e) {
        isOver = true;
        failure = e;
      }
      if (isOver) {
        end(level, failure);
      }
    }
    if (ready.isEmpty()) {
      return null;
    }
    Ready next = ready.remove();
    told = next.memory();
    return next.entry();
  }

  /** Takes a member; false if there is none. */
  private boolean step(Level level) throws IOException {
    if (waiting != null) {
      WaitingImage image = waiting;
      waiting = null;
      try (EntryBytes bytes = image.bytes()) {
        read(level, image.entry(), bytes, image.links());
      }
      return true;
    }
    Member member = level.next();
    if (member != null && level.isSecondWalk()) {
      secondWalk(level, member);
    } else if (member != null) {
      firstWalk(level, member);
    }
    return member != null;
  }

  private void release() {
    if (told != null) {
      told.close();
      told = null;
    }
  }

  @Override
  public void close() throws IOException {
    release();
    for (Ready entry : ready) {
      if (entry.memory() != null) {
        entry.memory().close();
      }
    }
    ready.clear();
    if (waiting != null) {
      waiting.bytes().close();
      waiting = null;
    }
    while (!levels.isEmpty()) {
      levels.pop().close();
    }
    if (opened != null) {
      opened.close();
    }
  }

  // Beginning.

  /** Returns this reader, or closes it if a store does not answer. */
  private ArchiveReader begun(Runnable begin) {
    boolean begun = false;
    try {
      begin.run();
      begun = true;
      return this;
    } finally {
      if (!begun) {
        IOUtils.closeQuietly(opened);
      }
    }
  }

  /**
   * Begins with a file.
   *
   * @param path decides what it is, together with its bytes
   * @param letterName name in a dead letter of the file itself
   */
  private void begin(InputFile input, String path, Context context, String letterName) {
    try {
      Content content = Content.ofName(path);
      if (content.dependsOnBytes() && (content.type() == Content.Type.UNKNOWN || file.isLocal())) {
        content = Content.of(path, head());
      }
      switch (content.type()) {
        case COMPANION -> {
          // a part of the archive beside it
        }
        case SIDECAR, UNKNOWN -> tell(new Entry.Sidecar(input.name()));
        case UNREAD -> unusable(context.source(), letterName, content.kind(), content.refusal());
        case IMAGE -> single(input, context);
        case ARCHIVE -> archive(input, context, content.format(), letterName);
      }
    } catch (IOException e) {
      String said = PassingErrors.describe(e);
      unusable(
          context.source(),
          letterName,
          PassingErrors.kind(e),
          e instanceof ArchiveException ? whyUnreadable(path, said) : said);
    }
  }

  private String whyUnreadable(String path, String said) {
    try {
      return Content.whyUnreadable(path, head(), said);
    } catch (IOException e) {
      return said;
    }
  }

  /** The first bytes of the file. */
  private byte[] head() throws IOException {
    try (InputStream in = Stores.stream(file)) {
      return in.readNBytes(Content.HEAD);
    }
  }

  private void single(InputFile input, Context context) {
    String name = context.layers() == 0 ? input.name() : context.name();
    if (isOfUsableLength(context.source(), name, input.length())) {
      ImageRef ref =
          ImageRef.stored(
              context.source(),
              0,
              file,
              0,
              input.length(),
              ImageEncoding.FILE,
              name,
              context.ownLabel());
      tell(new Entry.Image(ref, null));
    }
  }

  private void archive(InputFile input, Context context, ArchiveFormat format, String letterName)
      throws IOException {
    if (isSidecarInside(format, context.name())) {
      tell(new Entry.Sidecar(input.name()));
      return;
    }
    if (!format.isReadByOffset() && !format.isInParts()) {
      tell(
          new Entry.Streamed(
              whole(context, 0, input.length(), Packing.STORED, ImageRef.UNKNOWN, input.name())));
      return;
    }
    SeekableByteChannel channel = Stores.open(file);
    opened = channel;
    if (format.isInParts()) {
      parts(channel, format, context, input.name(), 0);
      return;
    }
    Companions companions = CompanionFiles.of(file, context.source());
    levels.push(
        new Level(this, context, format, companions, context.source(), letterName)
            .onChannel(channel, 0));
  }

  private ArchiveRef whole(
      Context context, long offset, long length, Packing packing, long crc32, String name) {
    return new ArchiveRef(context.source(), file, offset, length, packing, crc32, name);
  }

  /**
   * Tells the parts of an archive.
   *
   * @param bytes of the archive
   * @param begin of the archive in the file
   */
  private void parts(
      SeekableByteChannel bytes, ArchiveFormat format, Context context, String name, long begin)
      throws IOException {
    for (Part part : format.parts(ArchiveBytes.of(bytes), fields)) {
      tell(
          new Entry.Streamed(
              new RowsRef(
                  context.source(),
                  part.firstRow(),
                  file,
                  begin,
                  bytes.size(),
                  begin + part.offset(),
                  part.length(),
                  name)));
    }
  }

  private void begin(StreamedRef archive) {
    Context context = Context.of(archive);
    try {
      SeekableByteChannel channel = Stores.open(archive.file());
      opened = channel;
      if (archive instanceof RowsRef rows) {
        SeekableByteChannel bytes = new SlicedChannel(channel, rows.begin(), rows.size());
        Part part = new Part(rows.position(), rows.offset() - rows.begin(), rows.length());
        levels.push(level(context, archive, bytes).onChannel(bytes, rows.begin()).ofPart(part));
      } else if (archive instanceof ArchiveRef whole) {
        if (whole.packing() == Packing.STORED) {
          SeekableByteChannel bytes = new SlicedChannel(channel, whole.offset(), whole.length());
          levels.push(level(context, archive, bytes).onChannel(bytes, whole.offset()));
        } else {
          Member.Bytes stream = () -> Formats.unpacked(channel, Packed.of(whole));
          try (InputStream in = stream.open()) {
            levels.push(level(context, archive, in).onStream(stream, true));
          }
        }
      }
    } catch (IOException e) {
      unusable(archive.source(), archive.name(), PassingErrors.kind(e), PassingErrors.describe(e));
    }
  }

  private Level level(Context context, StreamedRef archive, SeekableByteChannel bytes)
      throws IOException {
    return level(
        context, archive, Channels.newInputStream(new SlicedChannel(bytes, 0, bytes.size())));
  }

  /**
   * Begins with an archive.
   *
   * @param in its bytes, of which the first decide what it is
   */
  private Level level(Context context, StreamedRef archive, InputStream in) throws IOException {
    Content content = Content.of(context.name(), in.readNBytes(Content.HEAD));
    if (content.kind() == ErrorKind.MISSING_LIBRARY) {
      throw new ArchiveException(content.kind(), content.refusal(), null);
    }
    ArchiveFormat format = content.format();
    if (format == null) {
      throw new ArchiveException("it is not the archive that was listed");
    }
    Companions companions = CompanionFiles.of(archive.file(), archive.source());
    return new Level(this, context, format, companions, archive.source(), archive.name());
  }

  // The first walk through an archive.

  private void firstWalk(Level level, Member member) throws IOException {
    if (member instanceof Member.File entry) {
      file(level, entry);
      return;
    }
    boolean isLabel = level.labels().isLabel(member.name());
    if (!isLabel && Content.ofName(member.name()).type() == Content.Type.SIDECAR) {
      tell(new Entry.Sidecar(member.name()));
      if (member instanceof Member.Link link) {
        level.postponed().passThrough(link);
      }
    } else if (member instanceof Member.Unusable entry) {
      unusable(level.source(), entry.name(), ErrorKind.NOT_AN_IMAGE, entry.why());
    } else if (member instanceof Member.Link link) {
      if (isLabel) {
        level.labels().link(link);
      } else {
        level.postponed().add(link);
      }
    }
  }

  private void file(Level level, Member.File entry) throws IOException {
    try (EntryBytes bytes = new EntryBytes(entry, level.format().hasIndependentEntries())) {
      if (entry.image() != null) {
        image(level, entry, bytes, List.of());
      } else if (level.labels().isLabel(entry.name())) {
        label(level, entry, bytes);
      } else {
        file(level, entry, bytes);
      }
    }
  }

  private void file(Level level, Member.File entry, EntryBytes bytes) throws IOException {
    Content content = content(level, entry.name(), bytes);
    switch (content.type()) {
      case IMAGE -> image(level, entry, bytes, List.of());
      case ARCHIVE -> inner(level, entry, bytes, content.format());
      case COMPANION -> level.keepCompanion(entry);
      case UNREAD -> unusable(level.source(), entry.name(), content.kind(), content.refusal());
      case SIDECAR, UNKNOWN -> tell(new Entry.Sidecar(entry.name()));
    }
  }

  private static Content content(Level level, String name, EntryBytes bytes) throws IOException {
    Content byName = Content.ofName(name);
    if (!byName.dependsOnBytes()) {
      return byName;
    }
    try {
      return Content.of(name, bytes.head());
    } catch (IOException e) {
      if (level.format().hasIndependentEntries()) {
        return byName; // reading the entry tells the error
      }
      throw e;
    }
  }

  private void label(Level level, Member.File entry, EntryBytes bytes) throws IOException {
    try {
      level.labels().label(entry.name(), bytes.in());
    } catch (IOException e) {
      unusable(level, entry.name(), e);
    }
  }

  /**
   * Takes an image.
   *
   * @param links that are told with its bytes; it is told itself if there are none
   */
  private void image(Level level, Member.File entry, EntryBytes bytes, List<Member.Link> links)
      throws IOException {
    if (isListing) {
      level.requireWhole(entry);
      for (int i = 0; i < Math.max(1, links.size()); i++) {
        ImageRef ref = ref(level, entry, links.isEmpty() ? null : links.get(i));
        if (isOfUsableLength(level.source(), ref.name(), entry.unpackedLength())) {
          level.image(new Read(ref, null, null), entry.image() != null);
        }
      }
      return;
    }
    if (ofLargeImage != null) {
      // A thread that has memory for an image must not wait for more.
      ofLargeImage.labels().flush();
    }
    if (ready.isEmpty()) {
      read(level, entry, bytes, links);
    } else {
      waiting = new WaitingImage(entry, bytes.moved(), links);
    }
  }

  private void read(Level level, Member.File entry, EntryBytes bytes, List<Member.Link> links)
      throws IOException {
    long length = entry.unpackedLength();
    long most = limits.maxBytes();
    MemoryBudget.Share memory =
        MemoryBudget.ENCODED.take(length == ImageRef.UNKNOWN ? most : Math.min(length, most));
    byte[] content = null;
    try {
      content = entry.read(bytes.in(), limits);
    } catch (UndecodableImageException e) {
      names(entry, links).forEach(name -> unusable(level.source(), name, e.kind(), e.getMessage()));
    } catch (IOException e) {
      for (String name : names(entry, links)) {
        unusable(level, name, e);
      }
    } finally {
      if (content == null) {
        memory.close();
      }
    }
    if (content != null) {
      for (int i = 0; i < Math.max(1, links.size()); i++) {
        ImageRef ref = ref(level, entry, links.isEmpty() ? null : links.get(i));
        level.image(new Read(ref, content, i == 0 ? memory : null), entry.image() != null);
      }
    }
  }

  private static List<String> names(Member.File entry, List<Member.Link> links) {
    return links.isEmpty() ? List.of(entry.name()) : links.stream().map(Member.Link::name).toList();
  }

  private ImageRef ref(Level level, Member.File entry, Member.@Nullable Link link) {
    String name = link == null ? entry.name() : link.name();
    Member.Image image = entry.image();
    return new ImageRef(
        level.source(),
        link == null ? entry.position() : link.position(),
        file,
        level.base() + entry.offset(),
        entry.length(),
        entry.packing(),
        entry.unpackedLength(),
        entry.crc32(),
        image == null ? ImageEncoding.FILE : image.encoding(),
        name,
        image == null ? level.labelOf(name) : image.label());
  }

  /** Takes an archive in an archive. */
  private void inner(Level level, Member.File entry, EntryBytes bytes, ArchiveFormat format)
      throws IOException {
    Context context = level.contextOf(entry);
    if (isSidecarInside(format, entry.name())) {
      tell(new Entry.Sidecar(entry.name()));
    } else if (context.depth() > MAX_DEPTH) {
      unusable(
          level.source(),
          entry.name(),
          ErrorKind.FORMAT_NOT_READ,
          "archives in archives are read to %d levels: unpack it".formatted(MAX_DEPTH));
    } else if (context.layers() > MAX_LAYERS) {
      unusable(
          level.source(),
          entry.name(),
          ErrorKind.FORMAT_NOT_READ,
          "it is compressed again and again");
    } else if (isListing && entry.packing() == Packing.STORED && format.isInParts()) {
      innerParts(level, entry, format, context);
    } else if (isListing && !(entry.packing() == Packing.STORED && format.isReadByOffset())) {
      tell(
          new Entry.Streamed(
              whole(
                  context,
                  level.base() + entry.offset(),
                  entry.packing() == Packing.STORED ? level.bytesOf(entry).size() : entry.length(),
                  entry.packing(),
                  entry.crc32(),
                  entry.name())));
    } else if (level.lacksCompanions(entry, format)) {
      level.postponed().addArchive(entry.position());
    } else {
      levels.push(level.inner(entry, bytes, format, context));
    }
  }

  private void innerParts(Level level, Member.File entry, ArchiveFormat format, Context context)
      throws IOException {
    SeekableByteChannel bytes = level.bytesOf(entry);
    try {
      parts(bytes, format, context, entry.name(), level.base() + entry.offset());
    } catch (IOException e) {
      String said = PassingErrors.describe(e);
      byte[] head = Channels.newInputStream(level.bytesOf(entry)).readNBytes(Content.HEAD);
      unusable(
          level.source(),
          entry.name(),
          PassingErrors.kind(e),
          Content.whyUnreadable(entry.name(), head, said));
    }
  }

  // The second walk, to what links lead to.

  private void secondWalk(Level level, Member member) throws IOException {
    if (member instanceof Member.Link link && level.labels().isLabel(link.name())) {
      level.labels().link(link);
    }
    if (!(member instanceof Member.File entry) || entry.image() != null) {
      return;
    }
    try (EntryBytes bytes = new EntryBytes(entry, level.format().hasIndependentEntries())) {
      if (level.labels().isLabel(entry.name())) {
        label(level, entry, bytes);
        return;
      }
      List<Member.Link> links = level.postponed().linksTo(entry.name());
      if (!links.isEmpty()) {
        linked(level, entry, bytes, links);
      }
      Content content = content(level, entry.name(), bytes);
      if (content.type() == Content.Type.ARCHIVE) {
        Context context = level.contextOf(entry);
        boolean isPostponed = level.postponed().hasArchive(entry.position());
        if (isPostponed || walkedAgain().hasPostponedIn(context.source())) {
          Level inner = level.inner(entry, bytes, content.format(), context);
          if (!isPostponed) {
            // A wrapper and the file in it have one source; the links are those of the file.
            inner.beginSecondWalk(
                content.format().isWrapper()
                    ? new Postponed()
                    : walkedAgain().postponedIn(context.source()));
          }
          levels.push(inner);
        }
      }
    }
  }

  /** Takes an entry that links lead to. */
  private void linked(Level level, Member.File entry, EntryBytes bytes, List<Member.Link> links)
      throws IOException {
    List<Member.Link> images = new ArrayList<>();
    for (Member.Link link : links) {
      Content content = content(level, link.name(), bytes);
      switch (content.type()) {
        case IMAGE -> images.add(link);
        case ARCHIVE ->
            unusable(
                level.source(),
                link.name(),
                ErrorKind.NOT_AN_IMAGE,
                "it is a link to %s: an archive is read under its own name"
                    .formatted(link.target()));
        case UNREAD -> unusable(level.source(), link.name(), content.kind(), content.refusal());
        case COMPANION, SIDECAR, UNKNOWN -> tell(new Entry.Sidecar(link.name()));
      }
    }
    if (!images.isEmpty()) {
      image(level, entry, bytes, images);
    }
  }

  /** The innermost archive that is read again from its beginning. */
  private Level walkedAgain() {
    return levels.stream().filter(Level::canBeReadAgain).findFirst().orElseThrow();
  }

  // The end of an archive.

  /**
   * Ends a walk through an archive.
   *
   * @param failure what was wrong with the archive, or null
   */
  private void end(Level level, @Nullable IOException failure) {
    level.labels().finish(level.postponed()::target);
    if (failure != null) {
      level.fail(failure);
    }
    if (level.beginsSecondWalk(walkedAgain())) {
      return;
    }
    level.tellLostLinks();
    levels.pop();
    try {
      level.close();
    } catch (IOException e) {
      level.fail(e);
    }
    IOException why = level.failure();
    if (why == null) {
      return;
    }
    Level around = levels.peek();
    if (around != null && around.format().isWrapper()) {
      end(around, why);
    } else {
      unusable(level.letterSource(), level.letterName(), PassingErrors.kind(why), why.getMessage());
    }
  }

  // Telling.

  void tell(Entry entry) {
    ready.add(new Ready(entry, null));
  }

  void tell(Read image, @Nullable String label) {
    ImageRef ref = label == null ? image.ref() : image.ref().withLabel(label);
    ready.add(new Ready(new Entry.Image(ref, image.bytes()), image.memory()));
  }

  /** Notes that a large image waits for its label, or does so no more. */
  void setLargeImage(@Nullable Level level) {
    ofLargeImage = level;
  }

  void unusable(String source, String name, ErrorKind kind, String why) {
    tell(new Entry.Unusable(new DeadLetter(source, name, isListing ? "list" : "read", why, kind)));
  }

  /** Tells the error of one entry; if the ones behind it depend on it, it is the archive's. */
  private void unusable(Level level, String name, IOException e) throws IOException {
    if (!level.format().hasIndependentEntries()) {
      throw e;
    }
    unusable(level.source(), name, PassingErrors.kind(e), PassingErrors.describe(e));
  }

  private boolean isOfUsableLength(String source, String name, long length) {
    try {
      limits.checkBytes(length);
    } catch (UndecodableImageException e) {
      unusable(source, name, e.kind(), e.getMessage());
      return false;
    }
    if (length == 0) {
      unusable(source, name, ErrorKind.EMPTY, "the file is empty");
    }
    return length != 0;
  }

  private static boolean isSidecarInside(ArchiveFormat format, String name) {
    return format.isWrapper()
        && Content.ofName(format.nameInside(name)).type() == Content.Type.SIDECAR;
  }

  SampleFields fields() {
    return fields;
  }
}
