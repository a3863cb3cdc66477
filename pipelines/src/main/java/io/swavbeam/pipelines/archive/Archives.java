package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import io.swavbeam.pipelines.input.InputFile;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.PassingErrors;
import io.swavbeam.pipelines.storage.Storage;
import java.io.BufferedInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Lists archives of images on any of Beam's file systems, and archives in them: tar, zip, CIFAR's
 * binary versions and IDX, and single files. What can be read by offset is listed image by image;
 * what is compressed as a whole is one reference, which {@link SequentialArchive} reads.
 *
 * <p>Each entry is told exactly once, as an image, a dead letter or a sidecar; what belongs to an
 * IDX file beside it is part of that.
 */
@Internal
public final class Archives {
  /** How deep archives lie in archives. */
  static final int DEEPEST = 3;

  private static final Set<Content.Type> NESTED =
      Set.of(Content.Type.TAR, Content.Type.ZIP, Content.Type.IDX, Content.Type.CIFAR);

  /** Hears what is in a file. */
  public interface Listener {
    /** Called for each image, in the order of the file. */
    void image(ImageRef ref);

    /** Called for each entry that cannot be used, or where a part of the file cannot be. */
    void deadLetter(DeadLetter letter);

    /** Called for each file or entry that stands beside images and is none. */
    void sidecar(String name);
  }

  private final Location location;
  private final ImageLimits limits;
  private final SampleFields fields;
  private final Listener listener;

  private Archives(Location location, ImageLimits limits, SampleFields fields, Listener listener) {
    this.location = location;
    this.limits = limits;
    this.fields = fields;
    this.listener = listener;
  }

  /**
   * Lists the images of one file, reading no more of it than needed.
   *
   * @param file one of the files that {@link InputFiles} found
   */
  public static void list(InputFile file, ImageLimits limits, Listener listener) {
    list(file, limits, SampleFields.DEFAULT, listener);
  }

  /** The same with other fields of samples. */
  public static void list(
      InputFile file, ImageLimits limits, SampleFields fields, Listener listener) {
    list(file, file.location().uri(), limits, fields, listener);
  }

  /**
   * The same for a copy of what can only be read from its beginning.
   *
   * @param source what the images are entries of
   */
  public static void list(InputFile file, String source, ImageLimits limits, Listener listener) {
    list(file, source, limits, SampleFields.DEFAULT, listener);
  }

  private static void list(
      InputFile file, String source, ImageLimits limits, SampleFields fields, Listener listener) {
    Archives archives = new Archives(file.location(), limits, fields, listener);
    try {
      archives.file(file, source);
    } catch (IOException e) {
      String why = describe(e);
      if (e instanceof ArchiveException) {
        why = archives.whyUnreadable(file.name(), 0, why);
      }
      listener.deadLetter(new DeadLetter(source, file.name(), "list", why));
    }
  }

  /**
   * Returns why an archive cannot be read, by its first bytes.
   *
   * @param offset of its first byte
   * @param said by the walk that has failed
   */
  private String whyUnreadable(String name, long offset, String said) {
    try (SeekableByteChannel channel = Storage.open(location)) {
      InputStream in =
          Channels.newInputStream(
              new SlicedChannel(channel, offset, Math.max(0, channel.size() - offset)));
      return Content.whyUnreadable(name, in.readNBytes(Content.HEAD), said);
    } catch (IOException e) {
      return said;
    }
  }

  private void file(InputFile file, String source) throws IOException {
    Content content = Content.ofName(file.location().uri());
    if (content.dependsOnBytes()
        && (content.type() == Content.Type.UNKNOWN || file.location().isLocal())) {
      try (InputStream in = Storage.stream(file.location())) {
        content = Content.of(file.location().uri(), in.readNBytes(Content.HEAD));
      }
    }
    switch (content.type()) {
      case LABELS -> {
        // read with the images
      }
      case SIDECAR, UNKNOWN -> listener.sidecar(file.name());
      case UNREAD -> unusable(source, file.name(), content.refusal());
      case PARQUET -> {
        for (ParquetRows.Part part : ParquetRows.parts(file.location(), fields)) {
          listener.image(
              sequential(
                  source,
                  part.firstRow(),
                  part.offset(),
                  part.length(),
                  Packing.STORED,
                  file.name()));
        }
      }
      case IMAGE -> {
        if (isOfUsableLength(source, file.name(), file.length())) {
          listener.image(
              ImageRef.stored(
                  source,
                  0,
                  file.location(),
                  0,
                  file.length(),
                  ImageEncoding.FILE,
                  file.name(),
                  Label.ofParent(file.name())));
        }
      }
      case COMPRESSED -> {
        if (Content.ofName(Compression.nameInside(file.name())).type() == Content.Type.SIDECAR) {
          listener.sidecar(file.name());
        } else {
          listener.image(sequential(source, 0, 0, file.length(), Packing.STORED, file.name()));
        }
      }
      case TAR, ZIP, IDX, CIFAR -> {
        try (SeekableByteChannel channel = Storage.open(file.location())) {
          container(channel, 0, content.type(), new EntryContext(source, file.name(), 1, null));
        }
      }
    }
  }

  /**
   * An archive.
   *
   * @param source what its images are entries of
   * @param name of the archive
   * @param depth 1 for a file, 2 for an archive in it
   * @param label of images that lie in no folder
   */
  private record EntryContext(String source, String name, int depth, @Nullable String label) {
    EntryContext inside(String entry) {
      String file = Content.fileName(entry);
      int dot = file.lastIndexOf('.');
      return new EntryContext(
          source + "!/" + entry, file, depth + 1, dot > 0 ? file.substring(0, dot) : file);
    }

    @Nullable String labelOf(String entry) {
      String folder = Label.ofParent(entry);
      return folder == null ? label : folder;
    }
  }

  /**
   * @param channel the archive alone
   * @param base where it begins in its file
   */
  private void container(
      SeekableByteChannel channel, long base, Content.Type type, EntryContext context)
      throws IOException {
    if (type == Content.Type.ZIP) {
      zip(channel, base, context);
      return;
    }
    if (type == Content.Type.CIFAR) {
      CifarFormat.of(context.name()).check(new SeekableFileStream(unclosed(channel)));
    }
    ArchiveFormat format =
        format(
            type,
            context.name(),
            context.source(),
            labels(location, context.source(), context.name()));
    Lister lister = new Lister(channel, base, context);
    try {
      format.visit(context.name(), new SeekableFileStream(unclosed(channel)), lister);
    } finally {
      lister.flush();
    }
    lister.links(format);
  }

  private static SeekableByteChannel unclosed(SeekableByteChannel channel) throws IOException {
    return new SlicedChannel(channel, 0, channel.size());
  }

  static ArchiveFormat format(
      Content.Type type, String name, String source, ArchiveFormat.Labels labels) {
    return switch (type) {
      case TAR -> new TarFormat(ParquetRows.isIn(source));
      case CIFAR -> CifarFormat.of(name);
      case IDX -> new IdxFormat(labels);
      default -> throw new IllegalArgumentException(type + " is not walked through");
    };
  }

  private final class Lister implements ArchiveFormat.Visitor {
    private final SeekableByteChannel channel;
    private final long base;
    private final EntryContext context;
    private final Links links = new Links();
    private final SampleLabels<ImageRef> labels =
        new SampleLabels<>(
            fields.label(),
            (image, label) -> listener.image(label == null ? image : image.withLabel(label)));

    Lister(SeekableByteChannel channel, long base, EntryContext context) {
      this.channel = channel;
      this.base = base;
      this.context = context;
    }

    @Override
    public void entry(ArchiveFormat.Entry entry, InputStream bytes) throws IOException {
      if (entry.length() > channel.size() - entry.offset()) {
        throw new ArchiveException("it is cut off in the middle of " + entry.name());
      }
      if (entry.image() == null && labels.isLabel(entry.name())) {
        label(entry.name(), labels.label(entry.name(), bytes));
        return;
      }
      if (entry.image() != null) {
        listener.image(
            stored(
                entry,
                entry.position(),
                entry.name(),
                entry.image().label(),
                entry.image().encoding()));
        return;
      }
      byte[] head =
          Content.ofName(entry.name()).dependsOnBytes() ? bytes.readNBytes(Content.HEAD) : null;
      Content content = Content.of(entry.name(), head);
      if (content.type() == Content.Type.IMAGE) {
        image(entry, entry.position(), entry.name());
      } else if (NESTED.contains(content.type())) {
        nested(entry, content.type());
      } else {
        other(content, entry, Packing.STORED, context);
      }
    }

    /** Tells a label as a file beside images, or, if it is lost, as a dead letter. */
    private void label(String name, @Nullable String lost) {
      if (lost == null) {
        listener.sidecar(name);
      } else {
        unusable(name, lost);
      }
    }

    private void image(ArchiveFormat.Entry entry, long position, String name) {
      if (isOfUsableLength(context.source(), name, entry.length())) {
        labels.image(
            name, 0, stored(entry, position, name, context.labelOf(name), ImageEncoding.FILE));
      }
    }

    /** Hands on the images that wait for their labels. */
    void flush() {
      labels.flush();
    }

    private ImageRef stored(
        ArchiveFormat.Entry entry,
        long position,
        String name,
        @Nullable String label,
        ImageEncoding encoding) {
      return ImageRef.stored(
          context.source(),
          position,
          location,
          base + entry.offset(),
          entry.length(),
          encoding,
          name,
          label);
    }

    private void nested(ArchiveFormat.Entry entry, Content.Type type) {
      EntryContext inner = context.inside(entry.name());
      if (inner.depth() > DEEPEST) {
        unusable(entry.name(), tooDeep());
        return;
      }
      try {
        container(
            new SlicedChannel(channel, entry.offset(), entry.length()),
            base + entry.offset(),
            type,
            inner);
      } catch (IOException e) {
        unusable(entry.name(), whyUnreadable(entry.name(), base + entry.offset(), describe(e)));
      }
    }

    @Override
    public void link(long position, String name, String target) {
      Content content = Content.ofName(name);
      if (labels.isLabel(name)) {
        label(name, labels.link(name, target));
      } else if (content.type() == Content.Type.SIDECAR) {
        listener.sidecar(name);
      } else {
        links.add(position, name, target);
      }
    }

    @Override
    public void unusable(String name, String why) {
      Archives.this.unusable(context.source(), name, why);
    }

    /** Looks for what the links lead to. */
    void links(ArchiveFormat format) throws IOException {
      if (links.isEmpty()) {
        return;
      }
      format.visit(
          context.name(),
          new SeekableFileStream(unclosed(channel)),
          new ArchiveFormat.Visitor() {
            @Override
            public void entry(ArchiveFormat.Entry entry, InputStream bytes) {
              for (Links.Link link : links.to(entry.name())) {
                image(entry, link.position(), link.name());
              }
            }

            @Override
            public void link(long position, String name, String target) {}

            @Override
            public void unusable(String name, String why) {}
          });
      flush();
      links.forEachLost(this::unusable);
    }
  }

  private void zip(SeekableByteChannel channel, long base, EntryContext context)
      throws IOException {
    ZipDirectory.visit(
        unclosed(channel),
        new ZipDirectory.Visitor() {
          @Override
          public void entry(
              long number,
              ZipArchiveEntry entry,
              String name,
              long offset,
              ZipDirectory.EntryContent opener)
              throws IOException {
            Content content = Content.of(name, head(name, opener));
            Packing packing = ZipDirectory.packing(entry);
            if (content.type() == Content.Type.IMAGE) {
              if (isOfUsableLength(context.source(), name, entry.getSize())) {
                listener.image(
                    new ImageRef(
                        context.source(),
                        number,
                        location,
                        base + offset,
                        entry.getCompressedSize(),
                        packing,
                        entry.getSize(),
                        entry.getCrc(),
                        ImageEncoding.FILE,
                        name,
                        context.labelOf(name)));
              }
              return;
            }
            other(
                NESTED.contains(content.type())
                    ? new Content(Content.Type.COMPRESSED, "")
                    : content,
                new ArchiveFormat.Entry(
                    number, base + offset, entry.getCompressedSize(), name, null),
                packing,
                context);
          }

          private byte @Nullable [] head(String name, ZipDirectory.EntryContent opener) {
            if (!Content.ofName(name).dependsOnBytes()) {
              return null;
            }
            try (InputStream in = opener.open()) {
              return in.readNBytes(Content.HEAD);
            } catch (IOException | RuntimeException e) {
              return null; // the name has to do; who reads it finds out
            }
          }

          @Override
          public void unusable(String name, String why) {
            if (Content.ofName(name).type() == Content.Type.SIDECAR) {
              listener.sidecar(name);
            } else {
              Archives.this.unusable(context.source(), name, why);
            }
          }
        });
  }

  /** An entry that is neither an image nor an archive that is read in context. */
  private void other(
      Content content, ArchiveFormat.Entry entry, Packing packing, EntryContext context) {
    switch (content.type()) {
      case LABELS -> {
        // read with the images
      }
      case UNREAD, PARQUET -> unusable(context.source(), entry.name(), content.refusal());
      case COMPRESSED -> {
        EntryContext inner = context.inside(entry.name());
        Content inside = Content.ofName(Compression.nameInside(entry.name()));
        if (inside.type() == Content.Type.SIDECAR) {
          listener.sidecar(entry.name());
        } else if (inner.depth() > DEEPEST) {
          unusable(context.source(), entry.name(), tooDeep());
        } else {
          listener.image(
              sequential(inner.source(), 0, entry.offset(), entry.length(), packing, entry.name()));
        }
      }
      default -> listener.sidecar(entry.name());
    }
  }

  private ImageRef sequential(
      String source, long position, long offset, long length, Packing packing, String name) {
    return new ImageRef(
        source,
        position,
        location,
        offset,
        length,
        packing,
        ImageRef.UNKNOWN,
        ImageRef.UNKNOWN,
        new ImageEncoding(ImageEncoding.Kind.ARCHIVE, 0, 0),
        name,
        null);
  }

  private boolean isOfUsableLength(String source, String name, long length) {
    if (length == 0) {
      unusable(source, name, "the file is empty");
      return false;
    }
    try {
      limits.checkBytes(length);
      return true;
    } catch (UndecodableImageException e) {
      unusable(source, name, e.getMessage());
      return false;
    }
  }

  private void unusable(String source, String name, String why) {
    listener.deadLetter(new DeadLetter(source, name, "list", why));
  }

  /** How many archives lie around the entries of a source. */
  static int depth(String source) {
    return source.split("!/", -1).length;
  }

  static String tooDeep() {
    return "archives in archives are read to %d levels: unpack it".formatted(DEEPEST);
  }

  /** Labels of an IDX file, from the file beside it: in its folder, or in its zip. */
  static ArchiveFormat.Labels labels(Location file, String source, String name) throws IOException {
    if (Content.ofName(name).type() != Content.Type.IDX
        && Content.ofName(Compression.nameInside(name)).type() != Content.Type.IDX) {
      return ArchiveFormat.Labels.NONE;
    }
    int inner = source.indexOf("!/");
    if (inner >= 0) {
      return labelsInZip(file, source.substring(inner + 2));
    }
    for (String candidate : labelFiles(IdxFormat.labelFile(source))) {
      if (!candidate.equals(source) && Storage.exists(new Location(candidate))) {
        try (InputStream in = unpacked(Storage.stream(new Location(candidate)), candidate)) {
          return IdxFormat.readLabels(in);
        }
      }
    }
    return ArchiveFormat.Labels.NONE;
  }

  private static ArchiveFormat.Labels labelsInZip(Location file, String entry) throws IOException {
    if (Content.ofName(file.uri()).type() != Content.Type.ZIP) {
      return ArchiveFormat.Labels.NONE;
    }
    List<String> candidates = List.of(labelFiles(IdxFormat.labelFile(entry)));
    List<ArchiveFormat.Labels> found = new ArrayList<>();
    try (SeekableByteChannel channel = Storage.open(file)) {
      ZipDirectory.visit(
          channel,
          new ZipDirectory.Visitor() {
            @Override
            public void entry(
                long number,
                ZipArchiveEntry labels,
                String name,
                long offset,
                ZipDirectory.EntryContent opener)
                throws IOException {
              if (candidates.contains(name) && !name.equals(entry)) {
                try (InputStream in = unpacked(opener.open(), name)) {
                  found.add(IdxFormat.readLabels(in));
                }
              }
            }

            @Override
            public void unusable(String name, String why) {}
          });
    }
    return found.isEmpty() ? ArchiveFormat.Labels.NONE : found.get(0);
  }

  private static InputStream unpacked(InputStream in, String name) throws IOException {
    return Compression.ofName(name).isPresent()
        ? Compression.ofName(name).get().open(in)
        : new BufferedInputStream(in);
  }

  private static String[] labelFiles(String first) {
    return first.endsWith(".gz")
        ? new String[] {first, first.substring(0, first.length() - ".gz".length())}
        : new String[] {first, first + ".gz"};
  }

  /** Links of a tar that wait for what they lead to. */
  static final class Links {
    /**
     * A link.
     *
     * @param position of the link
     * @param name of the link
     */
    record Link(long position, String name) {}

    private final Map<String, List<Link>> byTarget = new HashMap<>();
    private final Set<String> found = new HashSet<>();

    void add(long position, String name, String target) {
      byTarget
          .computeIfAbsent(plain(target), any -> new ArrayList<>())
          .add(new Link(position, name));
    }

    boolean isEmpty() {
      return byTarget.isEmpty();
    }

    /** The links to an entry; of several entries with one name, to the first. */
    List<Link> to(String entry) {
      String target = plain(entry);
      List<Link> links = byTarget.get(target);
      return links == null || !found.add(target) ? List.of() : links;
    }

    /** Tells the links that lead to nothing. */
    void forEachLost(Lost lost) {
      byTarget.forEach(
          (target, links) -> {
            if (!found.contains(target)) {
              links.forEach(
                  link ->
                      lost.unusable(
                          link.name(),
                          "it is a link to %s, which is no file of the archive".formatted(target)));
            }
          });
    }

    /** Hears of links that lead to nothing. */
    interface Lost {
      void unusable(String name, String why);
    }

    /** Without {@code .} and {@code ..}. */
    static String plain(String name) {
      List<String> parts = new ArrayList<>();
      for (String part : name.split("/", -1)) {
        if (part.equals("..") && !parts.isEmpty()) {
          parts.remove(parts.size() - 1);
        } else if (!part.isEmpty() && !part.equals(".")) {
          parts.add(part);
        }
      }
      return String.join("/", parts);
    }
  }

  /** Whether a file is an archive of images, by its name. */
  public static boolean isArchive(String name) {
    return switch (Content.ofName(name).type()) {
      case TAR, ZIP, CIFAR, IDX, COMPRESSED, PARQUET -> true;
      case IMAGE, LABELS, SIDECAR, UNREAD, UNKNOWN -> false;
    };
  }

  /**
   * Reads the checksums in the directory of a zip, which cover all that is in it. Other files have
   * none here; of a zip whose directory is damaged there are none either.
   */
  public static void checksums(InputFile file, LongConsumer checksum) throws IOException {
    if (Content.ofName(file.location().uri()).type() != Content.Type.ZIP) {
      return;
    }
    try (SeekableByteChannel channel = Storage.open(file.location())) {
      ZipDirectory.checksums(channel, checksum);
    } catch (ArchiveException e) {
      // The listing of the file says so.
    }
  }

  /** Whether a name says that a file is a tar. */
  public static boolean isTar(String name) {
    return Content.ofName(name).type() == Content.Type.TAR;
  }

  /** Whether a name says that a file is compressed as a whole. */
  public static boolean isCompressed(String name) {
    return Content.ofName(name).type() == Content.Type.COMPRESSED;
  }

  /**
   * Whether each reference to an archive is a part of it that is large enough to be worked on by
   * itself.
   */
  public static boolean isInParts(String name) {
    return ParquetRows.isIn(name);
  }

  /** Whether a name and the first bytes say that something is an archive, or compressed. */
  public static boolean isArchive(String name, byte[] head) {
    if (Content.isImage(head)) {
      return false;
    }
    return isArchive(name)
        || switch (Content.of("", head).type()) {
          case TAR, ZIP, CIFAR, IDX, COMPRESSED, PARQUET -> true;
          case IMAGE, LABELS, SIDECAR, UNREAD, UNKNOWN -> false;
        };
  }

  /**
   * What is wrong with a file, in one line.
   *
   * @throws io.swavbeam.pipelines.storage.StoreUnavailableException if it is not the file that
   *     something is wrong with, and it may pass
   */
  public static String describe(IOException error) {
    IOException e = PassingErrors.lasting(error);
    if (e instanceof FileNotFoundException || e instanceof NoSuchFileException) {
      return "the file cannot be opened: " + e.getMessage();
    }
    if (e instanceof AccessDeniedException) {
      return "there is no permission to read it";
    }
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse(message);
  }
}
