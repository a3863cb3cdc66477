package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.jvm.MemoryBudget;
import io.swavbeam.pipelines.storage.Storage;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.util.Optional;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveInputStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads an archive that can only be read from its beginning, since it is compressed as a whole:
 * {@code .tar.gz} and its like, and archives that are packed in a zip. It tells of the same entries
 * as {@link Archives} does of a copy that was unpacked.
 */
@Internal
public final class SequentialArchive {
  /** Receives what is in the archive. */
  public interface Visitor {
    /** Called for each image, with a reference that has offsets in the unpacked stream. */
    void image(ImageRef ref, byte[] bytes) throws IOException;

    /** Called for each entry that cannot be used, or where a part of the archive cannot be. */
    void deadLetter(DeadLetter letter);

    /** Called for each entry that stands beside images and is none. */
    void sidecar(String name);
  }

  /** What a consumer of images has thrown: it is not the archive's fault. */
  private static final class ConsumerFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final IOException cause;

    ConsumerFailedException(IOException cause) {
      super(cause);
      this.cause = cause;
    }
  }

  private final ImageRef archive;
  private final ImageLimits limits;
  private final SampleFields fields;
  private final Visitor visitor;
  private final Archives.Links links = new Archives.Links();
  private boolean readingLinks;

  private SequentialArchive(
      ImageRef archive, ImageLimits limits, SampleFields fields, Visitor visitor) {
    this.archive = archive;
    this.limits = limits;
    this.fields = fields;
    this.visitor = visitor;
  }

  /**
   * Reads an archive to its end.
   *
   * @param archive one with {@link ImageRef#isSequentialArchive()}
   * @throws IOException what the visitor has thrown; what is wrong with the archive is a dead
   *     letter
   */
  public static void read(ImageRef archive, ImageLimits limits, Visitor visitor)
      throws IOException {
    read(archive, limits, SampleFields.DEFAULT, visitor);
  }

  /** The same with other fields of samples. */
  public static void read(
      ImageRef archive, ImageLimits limits, SampleFields fields, Visitor visitor)
      throws IOException {
    SequentialArchive reading = new SequentialArchive(archive, limits, fields, visitor);
    try {
      reading.pass();
      if (!reading.links.isEmpty()) {
        reading.readingLinks = true;
        reading.pass();
        reading.links.forEachLost((name, why) -> reading.unusable(archive.source(), name, why));
      }
    } catch (ConsumerFailedException e) {
      throw e.cause;
    }
  }

  private void pass() {
    int depth = Archives.depth(archive.source());
    String label = depth == 1 ? null : Content.fileName(archive.name()).replaceFirst("\\..*", "");
    boolean isParquet = ParquetRows.isIn(archive.name());
    try (InputStream in = isParquet ? inside(archive, fields) : open(archive)) {
      String name = isParquet ? nameInside(archive) : archive.name();
      read(in, Content.fileName(name), archive.source(), label, depth);
      in.transferTo(OutputStream.nullOutputStream()); // a checksum may stand at the end
    } catch (IOException e) {
      if (!readingLinks) {
        unusable(archive.source(), archive.name(), whyUnreadable(e));
      }
    }
  }

  /** Returns why the archive cannot be read, by its first bytes. */
  private String whyUnreadable(IOException e) {
    String said = Archives.describe(e);
    try (InputStream in = open(archive)) {
      return Content.whyUnreadable(archive.name(), in.readNBytes(Content.HEAD), said);
    } catch (IOException unreadable) {
      return said;
    }
  }

  /** Opens the bytes of a sequential archive, still compressed. */
  static InputStream open(ImageRef archive) throws IOException {
    SeekableByteChannel channel = Storage.open(archive.file());
    try {
      InputStream packed =
          switch (archive.packing()) {
            case STORED, DEFLATED ->
                Channels.newInputStream(
                    new SlicedChannel(channel, archive.offset(), archive.length()));
            case ZIP_STORED, ZIP_DEFLATED ->
                ZipDirectory.packed(channel, archive.offset(), archive.length());
          };
      boolean deflated =
          archive.packing() == Packing.DEFLATED || archive.packing() == Packing.ZIP_DEFLATED;
      return new ClosingStream(deflated ? inflated(packed) : packed, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** The name of what {@link #inside} gives. */
  public static String nameInside(ImageRef archive) {
    String name = Content.fileName(archive.name());
    return ParquetRows.isIn(name) ? ParquetRows.nameInside(name) : Compression.nameInside(name);
  }

  /**
   * Opens what is in a sequential archive, one layer of compression less: a tar for a {@code
   * .tar.gz}, or for one that is deflated in a zip, or for a Parquet file, of whose rows.
   *
   * @throws IOException also where its bytes are no such thing
   */
  public static InputStream inside(ImageRef archive, SampleFields fields) throws IOException {
    if (ParquetRows.isIn(archive.name())) {
      return ParquetRows.open(archive, fields);
    }
    InputStream in = open(archive);
    try {
      in.mark(Content.HEAD);
      byte[] head = in.readNBytes(Content.HEAD);
      in.reset();
      Optional<Compression> compression = Compression.ofBytes(head);
      if (compression.isEmpty() && Compression.ofName(archive.name()).isPresent()) {
        throw notCompressed();
      }
      return compression.isPresent() ? compression.get().open(in) : in;
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  private static ArchiveException notCompressed() {
    return new ArchiveException("its bytes are not what its name says: it is not compressed");
  }

  private static InputStream inflated(InputStream packed) {
    Inflater inflater = new Inflater(true);
    return new InflaterInputStream(packed, inflater, 64 * 1024) {
      @Override
      public void close() throws IOException {
        inflater.end();
        super.close();
      }
    };
  }

  private static final class ClosingStream extends BufferedInputStream {
    private final SeekableByteChannel channel;

    ClosingStream(InputStream in, SeekableByteChannel channel) {
      super(in, 64 * 1024);
      this.channel = channel;
    }

    @Override
    public void close() throws IOException {
      try {
        super.close();
      } finally {
        channel.close();
      }
    }
  }

  private void read(InputStream in, String name, String source, @Nullable String label, int depth)
      throws IOException {
    PushbackInputStream buffered = new PushbackInputStream(in, Content.HEAD);
    byte[] head = buffered.readNBytes(Content.HEAD);
    buffered.unread(head);
    try {
      read(buffered, head, name, source, label, depth);
    } catch (StoreUnavailableException e) {
      throw e;
    } catch (IOException e) {
      throw new ArchiveException(Content.whyUnreadable(name, head, Archives.describe(e)), e);
    }
  }

  private void read(
      InputStream buffered,
      byte[] head,
      String name,
      String source,
      @Nullable String label,
      int depth)
      throws IOException {
    Content content = Content.of(name, head);
    switch (content.type()) {
      case COMPRESSED -> {
        Compression compression =
            Compression.ofBytes(head).orElseThrow(SequentialArchive::notCompressed);
        InputStream unpacked = compression.open(buffered);
        read(unpacked, Compression.nameInside(name), source, label, depth);
        unpacked.transferTo(OutputStream.nullOutputStream());
      }
      case TAR, IDX, CIFAR -> {
        try (Entries entries = new Entries(source, label, depth)) {
          Archives.format(
                  content.type(), name, source, Archives.labels(archive.file(), source, name))
              .visit(shown(name, source), buffered, entries);
        }
      }
      case ZIP -> {
        try (Entries entries = new Entries(source, label, depth)) {
          zip(buffered, entries);
        }
      }
      case IMAGE -> {
        try (Entries entries = new Entries(source, label, depth)) {
          entries.image(0, 0, name, ImageEncoding.FILE, label, ImageRef.UNKNOWN, buffered);
        }
      }
      case UNREAD, PARQUET -> unusable(source, name, content.refusal());
      case LABELS -> {
        // read with the images
      }
      case SIDECAR, UNKNOWN -> {
        if (!readingLinks) {
          visitor.sidecar(name);
        }
      }
    }
  }

  /** The name that records are called by: that of the file, compressed or not. */
  private String shown(String name, String source) {
    return source.equals(archive.source()) ? Content.fileName(archive.name()) : name;
  }

  private void zip(InputStream in, Entries entries) throws IOException {
    ZipArchiveInputStream zip = new ZipArchiveInputStream(in, "UTF-8", true, true);
    ZipArchiveEntry entry;
    for (long number = 0; (entry = next(zip)) != null; number++) {
      if (entry.isDirectory()) {
        continue;
      }
      if (!zip.canReadEntryData(entry)) {
        entries.unusable(entry.getName(), "it is packed in a way that is not read");
        continue;
      }
      entries.entry(
          new ArchiveFormat.Entry(
              number, 0, ImageRef.UNKNOWN, entry.getName().replace('\\', '/'), null),
          new DamageStream(zip));
    }
  }

  private static @Nullable ZipArchiveEntry next(ZipArchiveInputStream zip) throws IOException {
    try {
      return zip.getNextEntry();
    } catch (RuntimeException e) {
      throw new ArchiveException("the zip is damaged", e);
    }
  }

  private void unusable(String source, String name, String why) {
    if (!readingLinks) {
      visitor.deadLetter(new DeadLetter(source, name, "read", why));
    }
  }

  /**
   * An image that was read, and may wait for its label.
   *
   * @param memory of a large image, which is counted while it waits; else null
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Read(ImageRef ref, byte[] content, MemoryBudget.@Nullable Share memory) {}

  private final class Entries implements ArchiveFormat.Visitor, AutoCloseable {
    private final String source;
    private final @Nullable String label;
    private final int depth;
    private final SampleLabels<Read> labels = new SampleLabels<>(fields.label(), this::handOn);
    private boolean largeWaits;

    Entries(String source, @Nullable String label, int depth) {
      this.source = source;
      this.label = label;
      this.depth = depth;
    }

    @Override
    public void entry(ArchiveFormat.Entry entry, InputStream bytes) throws IOException {
      if (entry.image() == null && labels.isLabel(entry.name())) {
        label(entry.name(), labels.label(entry.name(), bytes));
        return;
      }
      if (entry.image() != null) {
        image(
            entry.position(),
            entry.offset(),
            entry.name(),
            entry.image().encoding(),
            entry.image().label(),
            entry.length(),
            bytes);
        return;
      }
      if (readingLinks) {
        linked(entry, bytes);
        return;
      }
      Content content = Content.ofName(entry.name());
      InputStream in = bytes;
      if (content.dependsOnBytes()) {
        BufferedInputStream buffered = new BufferedInputStream(bytes, Content.HEAD);
        buffered.mark(Content.HEAD);
        content = Content.of(entry.name(), buffered.readNBytes(Content.HEAD));
        buffered.reset();
        in = buffered;
      }
      switch (content.type()) {
        case IMAGE ->
            image(
                entry.position(),
                entry.offset(),
                entry.name(),
                ImageEncoding.FILE,
                labelOf(entry.name()),
                entry.length(),
                in);
        case UNREAD, PARQUET -> unusable(entry.name(), content.refusal());
        case LABELS -> {
          // read with the images
        }
        case SIDECAR, UNKNOWN -> visitor.sidecar(entry.name());
        case TAR, ZIP, IDX, CIFAR, COMPRESSED -> nested(entry, in);
      }
    }

    private @Nullable String labelOf(String name) {
      String folder = Label.ofParent(name);
      return folder == null ? label : folder;
    }

    private void nested(ArchiveFormat.Entry entry, InputStream bytes) {
      if (Content.ofName(Compression.nameInside(entry.name())).type() == Content.Type.SIDECAR) {
        visitor.sidecar(entry.name());
        return;
      }
      if (depth == Archives.DEEPEST) {
        unusable(entry.name(), Archives.tooDeep());
        return;
      }
      String file = Content.fileName(entry.name());
      try {
        read(bytes, file, source + "!/" + entry.name(), file.replaceFirst("\\..*", ""), depth + 1);
      } catch (IOException e) {
        unusable(entry.name(), Archives.describe(e));
      }
    }

    private void linked(ArchiveFormat.Entry entry, InputStream bytes) throws IOException {
      var wanted = depth == Archives.depth(archive.source()) ? links.to(entry.name()) : null;
      if (wanted == null || wanted.isEmpty()) {
        return;
      }
      Optional<byte[]> content = content(entry.name(), entry.length(), bytes);
      if (content.isPresent()) {
        for (Archives.Links.Link link : wanted) {
          ImageRef ref =
              ref(
                  link.position(),
                  entry.offset(),
                  content.get().length,
                  ImageEncoding.FILE,
                  link.name(),
                  labelOf(link.name()));
          labels.image(link.name(), content.get().length, new Read(ref, content.get(), null));
        }
      }
    }

    /** Tells a label as a file beside images, or, if it is lost, as a dead letter. */
    private void label(String name, @Nullable String lost) {
      if (lost != null) {
        unusable(name, lost);
      } else if (!readingLinks) {
        visitor.sidecar(name);
      }
    }

    @Override
    public void link(long position, String name, String target) {
      if (labels.isLabel(name)) {
        label(name, labels.link(name, target));
        return;
      }
      if (readingLinks) {
        return;
      }
      if (Content.ofName(name).type() == Content.Type.SIDECAR) {
        visitor.sidecar(name);
      } else if (depth == Archives.depth(archive.source())) {
        links.add(position, name, target);
      } else {
        unusable(name, "it is a link to " + target);
      }
    }

    void image(
        long position,
        long offset,
        String name,
        ImageEncoding encoding,
        @Nullable String itsLabel,
        long length,
        InputStream bytes)
        throws IOException {
      if (readingLinks) {
        return;
      }
      if (largeWaits) {
        // Nobody waits for memory who has some.
        labels.flush();
      }
      long most = limits.maxBytes();
      MemoryBudget.Share memory =
          MemoryBudget.ENCODED.take(length == ImageRef.UNKNOWN ? most : Math.min(length, most));
      boolean kept = false;
      try {
        Optional<byte[]> content = content(name, length, bytes);
        if (content.isPresent()) {
          ImageRef ref = ref(position, offset, content.get().length, encoding, name, itsLabel);
          kept = content.get().length > SampleLabels.MOST_BYTES / 2;
          largeWaits = kept;
          labels.image(
              name, content.get().length, new Read(ref, content.get(), kept ? memory : null));
        }
      } finally {
        if (!kept) {
          memory.close();
        }
      }
    }

    @Override
    public void close() {
      labels.flush();
    }

    private void handOn(Read image, @Nullable String beside) {
      try {
        consume(beside == null ? image.ref() : image.ref().withLabel(beside), image.content());
      } finally {
        if (image.memory() != null) {
          image.memory().close();
          largeWaits = false;
        }
      }
    }

    private void consume(ImageRef ref, byte[] content) {
      try {
        visitor.image(ref, content);
      } catch (IOException e) {
        throw new ConsumerFailedException(e);
      }
    }

    private ImageRef ref(
        long position,
        long offset,
        long length,
        ImageEncoding encoding,
        String name,
        @Nullable String itsLabel) {
      return ImageRef.stored(
          source, position, archive.file(), offset, length, encoding, name, itsLabel);
    }

    /** The bytes of an entry; nothing if they are none, or too many. */
    private Optional<byte[]> content(String name, long length, InputStream bytes)
        throws IOException {
      try {
        limits.checkBytes(length);
        byte[] content = bytes.readNBytes((int) limits.maxBytes() + 1);
        limits.checkBytes(content.length);
        if (length != ImageRef.UNKNOWN && content.length < length) {
          throw new ArchiveException("the archive ends in the middle of " + name);
        }
        if (content.length == 0) {
          boolean isRow = ParquetRows.isIn(archive.name());
          unusable(name, isRow ? "the row has no bytes of an image" : "the file is empty");
          return Optional.empty();
        }
        return Optional.of(content);
      } catch (UndecodableImageException e) {
        unusable(name, e.getMessage());
        return Optional.empty();
      }
    }

    @Override
    public void unusable(String name, String why) {
      SequentialArchive.this.unusable(source, name, why);
    }
  }
}
