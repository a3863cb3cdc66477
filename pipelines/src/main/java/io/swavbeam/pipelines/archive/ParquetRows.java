package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.parquet.ParquetFiles;
import io.swavbeam.pipelines.parquet.UnreadCodecException;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Storage;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The rows of a Parquet file with an image in each, as hubs hand out datasets, read as a tar: an
 * entry for each row, whose headers say its number and its label. So what reads and copies archives
 * that have no middle reads and copies these.
 *
 * <p>The image is a column of bytes, or a struct of {@code bytes} and {@code path}: the one that
 * {@link SampleFields} names, else one that is named as images are, else the only such column. The
 * label is a {@link ParquetLabel}: the column that is asked for, or one that is named as labels
 * are. Of other columns, neither the names nor the types matter. A row without bytes is an entry
 * without any.
 *
 * <p>A large file is in parts of some row groups each, which are read by themselves.
 */
final class ParquetRows extends FilledStream {
  /** Headers of the tar, in the manner of POSIX: with the vendor in front. */
  static final String ROW = "SWAV.row";

  static final String LABEL = "SWAV.label";

  private static final String EXTENSION = ".parquet";

  /** Rows of a part, or bytes of one, at least: as many as are embedded and written together. */
  private static final long PART_ROWS = 1024;

  private static final long PART_BYTES = 128L << 20;

  private static final Set<String> IMAGE_COLUMNS =
      Set.of("image", "img", "picture", "photo", "jpg", "jpeg", "png", "webp", "image_bytes");
  private static final Set<String> LABEL_COLUMNS =
      Set.of("label", "labels", "fine_label", "class", "cls", "category", "target");

  /** The longest path of any system. */
  private static final int LONGEST_NAME = 4096;

  private static final String BYTES = "bytes";
  private static final String PATH = "path";

  private final SeekableByteChannel channel;
  private final ParquetReader<Group> rows;
  private final String imageColumn;
  private final @Nullable ParquetLabel label;
  private final ByteArrayOutputStream packed = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar = new TarArchiveOutputStream(packed, "UTF-8");
  private ByteBuffer ready = ByteBuffer.allocate(0);
  private long row;
  private boolean ended;

  /** Whether a file is one of Parquet, by its name or URI. */
  static boolean isIn(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith(EXTENSION);
  }

  /** What the tar is called. */
  static String nameInside(String name) {
    return name.substring(0, name.length() - EXTENSION.length()) + ".tar";
  }

  /**
   * Some row groups, which lie together.
   *
   * @param firstRow number of the first row
   * @param offset of their first byte
   * @param length in bytes
   */
  record Part(long firstRow, long offset, long length) {}

  /**
   * The parts of a file, which depend on the file alone.
   *
   * @throws IOException in one line, if it is no such file, or has not the columns
   */
  static List<Part> parts(Location file, SampleFields fields) throws IOException {
    try {
      ParquetFiles.Layout layout = ParquetFiles.layout(Storage.open(file));
      image(layout.schema(), fields);
      label(layout, fields);
      return parts(layout.groups());
    } catch (StoreUnavailableException e) {
      throw e;
    } catch (RuntimeException | OutOfMemoryError e) {
      throw unreadable(e, "damaged, or no Parquet file");
    }
  }

  private static List<Part> parts(List<ParquetFiles.RowGroup> groups) {
    List<Part> parts = new ArrayList<>();
    long firstRow = 0;
    long rows = 0;
    long offset = 0;
    long end = 0;
    for (ParquetFiles.RowGroup group : groups) {
      boolean isPlausible =
          group.rows() >= 0
              && group.offset() >= end
              && group.length() >= 0
              && group.length() <= Long.MAX_VALUE - group.offset();
      if (!isPlausible) {
        // Which groups are in a part, their offsets decide: those of one part only, then.
        return List.of(new Part(0, 0, Long.MAX_VALUE));
      }
      if (rows == 0) {
        offset = group.offset();
      }
      rows += group.rows();
      end = group.offset() + group.length();
      if (rows >= PART_ROWS || end - offset >= PART_BYTES) {
        parts.add(new Part(firstRow, offset, end - offset));
        firstRow += rows;
        rows = 0;
      }
    }
    if (rows > 0) {
      parts.add(new Part(firstRow, offset, end - offset));
    }
    return parts;
  }

  /**
   * An error of Parquet's classes, which throw whatever there is of a damaged file. A message of
   * {@link ParquetFiles}, such as one of a codec that is not read, is kept.
   */
  private static ArchiveException unreadable(Throwable e, String otherwise) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnreadCodecException) {
        return new ArchiveException(cause.getMessage(), e);
      }
    }
    return new ArchiveException(otherwise, e);
  }

  /**
   * Opens the rows of a part.
   *
   * @throws IOException in one line, if it is no such file, or has not the columns
   */
  static ParquetRows open(ImageRef part, SampleFields fields) throws IOException {
    SeekableByteChannel channel = null;
    boolean opened = false;
    try {
      ParquetFiles.Layout layout = ParquetFiles.layout(Storage.open(part.file()));
      channel = Storage.open(part.file());
      ParquetRows rows = new ParquetRows(layout, channel, part, fields);
      opened = true;
      return rows;
    } catch (StoreUnavailableException e) {
      throw e;
    } catch (RuntimeException | OutOfMemoryError e) {
      throw unreadable(e, "damaged, or no Parquet file");
    } finally {
      if (!opened && channel != null) {
        channel.close();
      }
    }
  }

  private ParquetRows(
      ParquetFiles.Layout layout, SeekableByteChannel channel, ImageRef part, SampleFields fields)
      throws IOException {
    this.channel = channel;
    row = part.position();
    Type image = image(layout.schema(), fields);
    imageColumn = image.getName();
    label = label(layout, fields);
    List<Type> wanted = new ArrayList<>(List.of(image));
    if (label != null && !label.column().equals(image)) {
      wanted.add(label.column());
    }
    rows =
        ParquetFiles.groups(
            channel,
            part.offset(),
            part.length(),
            new MessageType(layout.schema().getName(), wanted));
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
  }

  private static Type image(MessageType schema, SampleFields fields) throws ArchiveException {
    List<Type> possible = schema.getFields().stream().filter(ParquetRows::isImage).toList();
    String wanted = fields.imageColumn();
    return possible.stream()
        .filter(
            column ->
                wanted == null
                    ? IMAGE_COLUMNS.contains(column.getName().toLowerCase(Locale.ROOT))
                    : column.getName().equals(wanted))
        .findFirst()
        .or(
            () ->
                wanted == null && possible.size() == 1
                    ? possible.stream().findFirst()
                    : Optional.empty())
        .orElseThrow(
            () ->
                new ArchiveException(
                    "its columns are %s: one named %s, of bytes or a struct of bytes and path, is read%s"
                        .formatted(
                            names(schema),
                            wanted == null ? "image" : wanted,
                            wanted == null && possible.size() > 1
                                ? "; --imageColumn names another"
                                : "")));
  }

  private static String names(MessageType schema) {
    return String.join(", ", schema.getFields().stream().map(Type::getName).toList());
  }

  private static boolean isImage(Type column) {
    if (column.isRepetition(Type.Repetition.REPEATED)) {
      return false;
    }
    if (column.isPrimitive()) {
      return isBytes(column);
    }
    GroupType struct = column.asGroupType();
    return struct.containsField(BYTES) && isBytes(struct.getType(BYTES));
  }

  private static boolean isBytes(Type column) {
    return column.isPrimitive()
        && !column.isRepetition(Type.Repetition.REPEATED)
        && column.getLogicalTypeAnnotation() == null
        && column.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY;
  }

  private static @Nullable ParquetLabel label(ParquetFiles.Layout layout, SampleFields fields)
      throws ArchiveException {
    String wanted = fields.labelColumn();
    Optional<Type> found =
        layout.schema().getFields().stream()
            .filter(
                column ->
                    wanted == null
                        ? LABEL_COLUMNS.contains(column.getName().toLowerCase(Locale.ROOT))
                        : column.getName().equals(wanted))
            .filter(ParquetLabel::isPossible)
            .findFirst();
    if (found.isEmpty() && wanted != null) {
      throw new ArchiveException(
          "its columns are %s: none of them is called %s and holds numbers, texts, dates or truth values"
              .formatted(names(layout.schema()), wanted));
    }
    return found.map(column -> ParquetLabel.of(column, layout.notes())).orElse(null);
  }

  @Override
  @Nullable ByteBuffer filled() throws IOException {
    while (!ready.hasRemaining()) {
      if (ended) {
        return null;
      }
      packed.reset();
      Group next = next();
      if (next == null) {
        tar.finish();
        ended = true;
      } else {
        pack(next);
        row++;
      }
      tar.flush();
      ready = ByteBuffer.wrap(packed.toByteArray());
    }
    return ready;
  }

  private @Nullable Group next() throws IOException {
    try {
      return rows.read();
    } catch (StoreUnavailableException e) {
      throw e;
    } catch (RuntimeException e) {
      throw unreadable(e, "it is damaged behind row %,d".formatted(row));
    } catch (OutOfMemoryError e) {
      throw new ArchiveException(
          "a group of rows behind row %,d is more than there is memory for: give Java more, -Xmx4g say, or write smaller groups"
              .formatted(row),
          e);
    }
  }

  private void pack(Group record) throws IOException {
    ByteBuffer bytes = null;
    String name = "";
    if (record.getFieldRepetitionCount(imageColumn) > 0) {
      if (record.getType().getType(imageColumn).isPrimitive()) {
        bytes = record.getBinary(imageColumn, 0).toByteBuffer();
      } else {
        Group struct = record.getGroup(imageColumn, 0);
        bytes =
            struct.getFieldRepetitionCount(BYTES) > 0
                ? struct.getBinary(BYTES, 0).toByteBuffer()
                : null;
        boolean named =
            struct.getType().containsField(PATH) && struct.getFieldRepetitionCount(PATH) > 0;
        name = named ? struct.getValueToString(struct.getType().getFieldIndex(PATH), 0) : "";
      }
    }
    if (name.length() > LONGEST_NAME) {
      name = "";
    }
    TarArchiveEntry entry =
        new TarArchiveEntry(name.isEmpty() || name.endsWith("/") ? "row-%d".formatted(row) : name);
    entry.setSize(bytes == null ? 0 : bytes.remaining());
    entry.addPaxHeader(ROW, Long.toString(row));
    String text = label == null ? null : label.in(record);
    if (text != null) {
      entry.addPaxHeader(LABEL, text);
    }
    tar.putArchiveEntry(entry);
    if (bytes != null) {
      byte[] copy = new byte[bytes.remaining()];
      bytes.duplicate().get(copy);
      tar.write(copy);
    }
    tar.closeArchiveEntry();
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      rows.close();
    } catch (RuntimeException e) {
      throw new ArchiveException("it is damaged", e);
    }
  }
}
