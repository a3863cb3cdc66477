package io.swavbeam.pipelines.parquet;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.signature.FileSignature;
import io.swavbeam.pipelines.archive.ArchiveException;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.format.ArchiveBytes;
import io.swavbeam.pipelines.archive.format.ArchiveFormat;
import io.swavbeam.pipelines.archive.format.Member;
import io.swavbeam.pipelines.archive.format.Members;
import io.swavbeam.pipelines.archive.format.SlicedChannel;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Parquet files with one image per row, as in datasets of hubs. The position of an image is the
 * index of its row.
 *
 * <p>The images are in a column of bytes, or of structs with {@code bytes} and {@code path}. This
 * is the column in {@link SampleFields}, else the one with a usual name of images, else the only
 * such column. The label is a {@link ParquetLabel}: the requested column, or one with a usual name
 * of labels. Other columns may have any names and types. A row without bytes is an empty entry.
 *
 * <p>A large file is read in parts of several row groups.
 */
public final class ParquetFormat implements ArchiveFormat {
  private static final String EXTENSION = ".parquet";

  /**
   * The smallest number of rows of a part, and of its bytes: as many as are embedded and written
   * together.
   */
  private static final long PART_ROWS = 1024;

  private static final long PART_BYTES = 128L << 20;

  private static final Set<String> IMAGE_COLUMNS =
      Set.of("image", "img", "picture", "photo", "jpg", "jpeg", "png", "webp", "image_bytes");
  private static final Set<String> LABEL_COLUMNS =
      Set.of("label", "labels", "fine_label", "class", "cls", "category", "target");

  /** The longest path of any system. */
  private static final int MAX_NAME_LENGTH = 4096;

  private static final String BYTES = "bytes";
  private static final String PATH = "path";
  private static final String THRIFT = "can not read class";
  private static final String DAMAGED = "damaged, or not a Parquet file";

  @Override
  public int order() {
    return 50;
  }

  @Override
  public Role role(String name) {
    return name.endsWith(EXTENSION) ? Role.ARCHIVE : Role.NONE;
  }

  @Override
  public List<FileSignature> signatures() {
    return List.of(FileSignature.PARQUET);
  }

  @Override
  public boolean isReadByOffset() {
    return false;
  }

  @Override
  public boolean needsSeeking() {
    return true;
  }

  @Override
  public boolean isInParts() {
    return true;
  }

  @Override
  public List<Part> parts(ArchiveBytes bytes, SampleFields fields) throws IOException {
    try {
      ParquetFiles.Layout layout = layout(bytes);
      image(layout.schema(), fields);
      label(layout, fields);
      return parts(layout.groups());
    } catch (StoreUnavailableException e) {
      throw e;
    } catch (RuntimeException | OutOfMemoryError e) {
      throw unreadable(e, DAMAGED);
    }
  }

  @Override
  public Members open(ArchiveBytes bytes, Opening opening) throws IOException {
    try {
      return new Rows(layout(bytes), bytes.channel(), opening);
    } catch (StoreUnavailableException e) {
      throw e;
    } catch (RuntimeException | OutOfMemoryError e) {
      throw unreadable(e, DAMAGED);
    }
  }

  private static ParquetFiles.Layout layout(ArchiveBytes bytes) throws IOException {
    try {
      return ParquetFiles.layout(SlicedChannel.of(bytes.channel()));
    } catch (IOException e) {
      // The messages of Thrift contain names of classes.
      boolean isOfThrift = e.getMessage() != null && e.getMessage().startsWith(THRIFT);
      throw isOfThrift ? new ArchiveException(DAMAGED, e) : e;
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
        // The offsets of row groups decide their part. Without valid offsets, there is only one
        // part.
        return List.of(Part.ALL);
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
   * Converts an error of Parquet's classes, which throw various exceptions for a damaged file.
   * Keeps messages of {@link ParquetFiles}, for example about an unsupported codec.
   */
  private static ArchiveException unreadable(Throwable e, String otherwise) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnreadCodecException) {
        return new ArchiveException(cause.getMessage(), e);
      }
    }
    return new ArchiveException(otherwise, e);
  }

  private static Type image(MessageType schema, SampleFields fields) throws ArchiveException {
    List<Type> possible = schema.getFields().stream().filter(ParquetFormat::isImage).toList();
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
                    ErrorKind.NO_IMAGE_COLUMN,
                    "its columns are %s: none is named %s and holds bytes or a struct of bytes and path"
                        .formatted(names(schema), wanted == null ? "image" : wanted),
                    null));
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
          "its columns are %s: none of them is called %s and holds numbers, strings, dates or booleans"
              .formatted(names(layout.schema()), wanted));
    }
    return found.map(column -> ParquetLabel.of(column, layout.notes())).orElse(null);
  }

  private static final class Rows implements Members {
    private final ParquetReader<Group> rows;
    private final String imageColumn;
    private final @Nullable ParquetLabel label;
    private long row;

    Rows(ParquetFiles.Layout layout, SeekableByteChannel channel, Opening opening)
        throws IOException {
      Part part = opening.part();
      row = part.firstRow();
      Type image = image(layout.schema(), opening.fields());
      imageColumn = image.getName();
      label = label(layout, opening.fields());
      List<Type> wanted = new ArrayList<>(List.of(image));
      if (label != null && !label.column().equals(image)) {
        wanted.add(label.column());
      }
      rows =
          ParquetFiles.groups(
              SlicedChannel.of(channel),
              part.offset(),
              part.length(),
              new MessageType(layout.schema().getName(), wanted));
    }

    @Override
    public @Nullable Member next() throws IOException {
      Group next = read();
      return next == null ? null : member(next, row++);
    }

    private @Nullable Group read() throws IOException {
      try {
        return rows.read();
      } catch (StoreUnavailableException e) {
        throw e;
      } catch (RuntimeException e) {
        throw unreadable(e, "it is damaged after row %,d".formatted(row));
      } catch (OutOfMemoryError e) {
        throw new ArchiveException(
            "a group of rows after row %,d does not fit into memory: increase Java's heap, for example with -Xmx4g, or write smaller groups"
                .formatted(row),
            e);
      }
    }

    private Member member(Group record, long number) {
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
      if (bytes == null || !bytes.hasRemaining()) {
        return new Member.Unusable(named(name, number), "the row has no bytes of an image");
      }
      ByteBuffer image = bytes;
      return Member.File.stored(
          number,
          named(name, number),
          0,
          image.remaining(),
          new Member.Image(ImageEncoding.FILE, label == null ? null : label.in(record)),
          ByteBufferInputStream.wrap(image));
    }

    private static String named(String name, long row) {
      return name.isEmpty() || name.length() > MAX_NAME_LENGTH || name.endsWith("/")
          ? "row-%d".formatted(row)
          : name;
    }

    @Override
    public void close() throws IOException {
      try {
        rows.close();
      } catch (RuntimeException e) {
        throw new ArchiveException("it is damaged", e);
      }
    }
  }
}
