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
 * A reader of the entries of an input file and of the archives in it, in order.
 *
 * <pre>{@code
 * try (ArchiveReader reader = ArchiveReader.list(file, ImageLimits.DEFAULT, SampleFields.DEFAULT)) {
 *   for (Entry entry = reader.next(); entry != null; entry = reader.next()) {
 *     ...
 *   }
 * }
 * }</pre>
 *
 * <p>{@link #list} returns images without their bytes, which can be read by their references, and
 * enters archives that can be read by offset. An archive that can only be read from its beginning
 * is returned as {@link Entry.Streamed}. {@link #read} returns the images of such an archive with
 * their bytes. Both use the same code and the same rules:
 *
 * <ul>
 *   <li>Each entry is returned once, as one of the kinds of {@link Entry}. A companion file of an
 *       archive, such as the labels of an IDX file, counts as a part of that archive.
 *   <li>The label of an image is in the file beside it with the same key ({@link
 *       SampleFields#label}). If there is none, it is the name of its folder, else that of the
 *       inner archive: {@code cats.v2} for {@code cats.v2.tar.gz}.
 *   <li>A link is an image with the bytes of the file at the end of its chain, within the same
 *       archive.
 *   <li>Archives in archives are entered up to {@value #MAX_DEPTH} levels. A second archive of the
 *       same name in the same archive has the source {@code name@position}.
 *   <li>Entries before a damaged place are valid. The damage is a dead letter of the archive.
 * </ul>
 *
 * <p>An archive with links is read twice. Not thread-safe.
 */
public final class ArchiveReader implements Closeable {
  /** The largest depth of archives in archives. */
  static final int MAX_DEPTH = 3;

  // The largest number of compressions around a file. No real file has more.
  private static final int MAX_LAYERS = 6;

  /**
   * An entry to return.
   *
   * @param memory the memory of its bytes, or null
   */
  private record Ready(Entry entry, MemoryBudget.@Nullable Share memory) {}

  /** An image that is read after the large image before it has left memory. */
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

  /** Lists a file. Reads no more of it than needed. */
  public static ArchiveReader list(InputFile file, ImageLimits limits, SampleFields fields) {
    ArchiveReader reader = new ArchiveReader(file.location(), limits, fields, true);
    String uri = file.location().uri();
    return reader.begun(
        () -> reader.begin(file, uri, Context.ofFile(uri, file.name()), file.name()));
  }

  /**
   * Lists a local copy of the file inside a compressed archive.
   *
   * @param archive an archive that was returned as {@link Entry.Streamed}
   * @param copy the local file; its name determines its format
   */
  public static ArchiveReader listCopy(
      StreamedRef archive, InputFile copy, ImageLimits limits, SampleFields fields) {
    ArchiveReader reader = new ArchiveReader(copy.location(), limits, fields, true);
    String name = copy.location().name();
    return reader.begun(
        () -> reader.begin(copy, name, Context.of(archive).unwrapped(name), archive.name()));
  }

  /** Returns the name of the file inside a compressed archive. */
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
   * @param archive an archive that was returned as {@link Entry.Streamed}
   */
  public static ArchiveReader read(StreamedRef archive, ImageLimits limits, SampleFields fields) {
    ArchiveReader reader = new ArchiveReader(archive.file(), limits, fields, false);
    return reader.begun(() -> reader.begin(archive));
  }

  /**
   * Moves to the next entry. The bytes of the previous entry must not be used any more. Errors of
   * the file are returned as entries.
   *
   * @return the entry; null at the end
   * @throws io.swavbeam.pipelines.storage.StoreUnavailableException if a store does not answer, or
   *     the disk is too full for a copy of an archive
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

  /** Processes the next member. Returns false if there is none. */
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

  // Beginning of a file.

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
   * @param path the path, which determines the format together with the bytes
   * @param letterName the name in a dead letter of the file itself
   */
  private void begin(InputFile input, String path, Context context, String letterName) {
    try {
      Content content = Content.ofName(path);
      if (content.dependsOnBytes() && (content.type() == Content.Type.UNKNOWN || file.isLocal())) {
        content = Content.of(path, head());
      }
      switch (content.type()) {
        case COMPANION -> {
          // a companion file of an archive
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

  /** Returns the first bytes of the file. */
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
   * Returns the parts of an archive as entries.
   *
   * @param bytes the bytes of the archive
   * @param begin the offset of the archive in the file
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
   * @param in its bytes, whose beginning determines the format
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

  // First pass over an archive.

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
        return byName; // reading the entry reports the error
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
   * Processes an image.
   *
   * @param links the links to it, which are returned with its bytes; if there are none, the image
   *     itself is returned
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
      // A thread that holds memory for an image must not wait for more.
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

  /** Processes an inner archive. */
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
          "it is compressed too many times");
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

  // Second pass, to the targets of links.

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
            // A wrapper and the file in it have the same source. The links belong to the file.
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

  /** Processes an entry that is the target of links. */
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

  /** Returns the innermost archive that can be read again from its beginning. */
  private Level walkedAgain() {
    return levels.stream().filter(Level::canBeReadAgain).findFirst().orElseThrow();
  }

  // End of an archive.

  /**
   * Ends a pass over an archive.
   *
   * @param failure the error of the archive, or null
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

  // Returned entries.

  void tell(Entry entry) {
    ready.add(new Ready(entry, null));
  }

  void tell(Read image, @Nullable String label) {
    ImageRef ref = label == null ? image.ref() : image.ref().withLabel(label);
    ready.add(new Ready(new Entry.Image(ref, image.bytes()), image.memory()));
  }

  /** Sets the archive in which a large image waits for its label; null if there is none. */
  void setLargeImage(@Nullable Level level) {
    ofLargeImage = level;
  }

  void unusable(String source, String name, ErrorKind kind, String why) {
    tell(new Entry.Unusable(new DeadLetter(source, name, isListing ? "list" : "read", why, kind)));
  }

  /**
   * Returns the error of an entry. If later entries depend on it, it is the error of the archive.
   */
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
