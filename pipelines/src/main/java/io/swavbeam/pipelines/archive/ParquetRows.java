package io.swavbeam.pipelines.archive;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.pipelines.parquet.ParquetFiles;
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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.parquet.hadoop.ParquetReader;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The rows of a Parquet file with an image in each, as hubs hand out datasets, read as a tar: an
 * entry for each row, whose headers say its number and its label. So what reads and copies archives
 * that have no middle reads and copies these.
 *
 * <p>The image is a column of bytes, or a struct of {@code bytes} and {@code path}: the one that
 * {@link SampleFields} names, else one that is named as images are, else the only such column. The
 * label is a column of numbers or texts, the one that is asked for or one that is named as labels
 * are; where the file names its classes as Hugging Face's libraries do, it is their name. A row
 * without bytes is an entry without any.
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
  private static final Set<Schema.Type> LABEL_TYPES =
      Set.of(Schema.Type.INT, Schema.Type.LONG, Schema.Type.STRING, Schema.Type.ENUM);
  private static final String BYTES = "bytes";
  private static final String PATH = "path";
  private static final String NOTES = "huggingface";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SeekableByteChannel channel;
  private final ParquetReader<GenericRecord> rows;
  private final String imageColumn;
  private final @Nullable String labelColumn;
  private final List<String> classes;
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
      label(layout.schema(), fields);
      return parts(layout.groups());
    } catch (StoreUnavailableException e) {
      throw e;
    } catch (RuntimeException | OutOfMemoryError e) {
      throw damaged(e);
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

  private static ArchiveException damaged(Throwable e) {
    // Parquet's classes throw whatever there is, and take whatever is said, of a damaged file.
    return new ArchiveException("damaged, or no Parquet file", e);
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
      throw damaged(e);
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
    Schema schema = layout.schema();
    Schema.Field image = image(schema, fields);
    Schema.Field label = label(schema, fields);
    imageColumn = image.name();
    labelColumn = label == null ? null : label.name();
    classes = label == null ? List.of() : classes(layout.notes().get(NOTES), label.name());
    List<Schema.Field> wanted = new ArrayList<>();
    wanted.add(new Schema.Field(image.name(), image.schema()));
    if (label != null) {
      wanted.add(new Schema.Field(label.name(), label.schema()));
    }
    rows =
        ParquetFiles.reader(
            channel,
            part.offset(),
            part.length(),
            Schema.createRecord(schema.getName(), null, schema.getNamespace(), false, wanted));
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
  }

  private static Schema.Field image(Schema schema, SampleFields fields) throws ArchiveException {
    List<Schema.Field> possible =
        schema.getFields().stream().filter(field -> isImage(field.schema())).toList();
    String wanted = fields.imageColumn();
    return possible.stream()
        .filter(
            field ->
                wanted == null
                    ? IMAGE_COLUMNS.contains(field.name().toLowerCase(Locale.ROOT))
                    : field.name().equals(wanted))
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

  private static String names(Schema schema) {
    return String.join(", ", schema.getFields().stream().map(Schema.Field::name).toList());
  }

  private static boolean isImage(Schema column) {
    Schema type = notNull(column);
    if (type.getType() == Schema.Type.RECORD) {
      Schema.Field bytes = type.getField(BYTES);
      return bytes != null && notNull(bytes.schema()).getType() == Schema.Type.BYTES;
    }
    return type.getType() == Schema.Type.BYTES && type.getLogicalType() == null;
  }

  private static Schema.@Nullable Field label(Schema schema, SampleFields fields)
      throws ArchiveException {
    String wanted = fields.labelColumn();
    Optional<Schema.Field> found =
        schema.getFields().stream()
            .filter(
                field ->
                    wanted == null
                        ? LABEL_COLUMNS.contains(field.name().toLowerCase(Locale.ROOT))
                        : field.name().equals(wanted))
            .filter(field -> LABEL_TYPES.contains(notNull(field.schema()).getType()))
            .findFirst();
    if (found.isEmpty() && wanted != null) {
      throw new ArchiveException(
          "its columns are %s: none of them is called %s and holds numbers or texts"
              .formatted(names(schema), wanted));
    }
    return found.orElse(null);
  }

  private static Schema notNull(Schema type) {
    if (type.getType() != Schema.Type.UNION) {
      return type;
    }
    return type.getTypes().stream()
        .filter(one -> one.getType() != Schema.Type.NULL)
        .findFirst()
        .orElse(type);
  }

  /** The names of the classes, as {@code datasets} notes them in the file's footer. */
  private static List<String> classes(@Nullable String notes, String column) {
    if (notes == null) {
      return List.of();
    }
    try {
      List<String> names = new ArrayList<>();
      JsonNode known =
          JSON.readTree(notes).path("info").path("features").path(column).path("names");
      known.forEach(name -> names.add(name.asText()));
      return names;
    } catch (JsonProcessingException e) {
      return List.of(); // a note of somebody else, and the numbers are labels too
    }
  }

  @Override
  @Nullable ByteBuffer filled() throws IOException {
    while (!ready.hasRemaining()) {
      if (ended) {
        return null;
      }
      packed.reset();
      GenericRecord next = next();
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

  private @Nullable GenericRecord next() throws IOException {
    try {
      return rows.read();
    } catch (StoreUnavailableException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new ArchiveException("it is damaged behind row %,d".formatted(row), e);
    } catch (OutOfMemoryError e) {
      throw new ArchiveException(
          "a group of rows behind row %,d is more than there is memory for: give Java more, -Xmx4g say, or write smaller groups"
              .formatted(row),
          e);
    }
  }

  private void pack(GenericRecord record) throws IOException {
    Object image = record.get(imageColumn);
    ByteBuffer bytes;
    Object path = null;
    if (image instanceof GenericRecord struct) {
      bytes = (ByteBuffer) struct.get(BYTES);
      path = struct.hasField(PATH) ? struct.get(PATH) : null;
    } else {
      bytes = (ByteBuffer) image;
    }
    String name = Objects.toString(path, "");
    TarArchiveEntry entry =
        new TarArchiveEntry(name.isEmpty() || name.endsWith("/") ? "row-%d".formatted(row) : name);
    entry.setSize(bytes == null ? 0 : bytes.remaining());
    entry.addPaxHeader(ROW, Long.toString(row));
    String label = labelOf(record);
    if (label != null) {
      entry.addPaxHeader(LABEL, label);
    }
    tar.putArchiveEntry(entry);
    if (bytes != null) {
      byte[] copy = new byte[bytes.remaining()];
      bytes.duplicate().get(copy);
      tar.write(copy);
    }
    tar.closeArchiveEntry();
  }

  private @Nullable String labelOf(GenericRecord record) {
    Object label = labelColumn == null ? null : record.get(labelColumn);
    if (label == null) {
      return null;
    }
    if (label instanceof Number number && !classes.isEmpty()) {
      long index = number.longValue();
      return index >= 0 && index < classes.size()
          ? classes.get((int) index)
          : index == -1 ? null : number.toString();
    }
    return label.toString().isBlank() ? null : label.toString();
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      rows.close();
    } catch (AvroRuntimeException e) {
      throw new ArchiveException("it is damaged", e);
    }
  }
}
