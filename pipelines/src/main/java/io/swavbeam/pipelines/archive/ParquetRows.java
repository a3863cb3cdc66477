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
 * <p>The image is a column of bytes, or a struct of {@code bytes} and {@code path}: one that is
 * named as images are, else the only such column. The label is a column of numbers or texts that is
 * named as labels are; where the file names its classes as Hugging Face's libraries do, it is their
 * name. A row without bytes is an entry without any.
 */
final class ParquetRows extends FilledStream {
  /** Headers of the tar, in the manner of POSIX: with the vendor in front. */
  static final String ROW = "SWAV.row";

  static final String LABEL = "SWAV.label";

  private static final String EXTENSION = ".parquet";
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
   * Opens the rows.
   *
   * @throws IOException in one line, if it is no such file, or has no column of images
   */
  static ParquetRows open(Location file) throws IOException {
    SeekableByteChannel channel = null;
    boolean opened = false;
    try {
      ParquetFiles.Columns columns = ParquetFiles.columns(Storage.open(file));
      channel = Storage.open(file);
      ParquetRows rows = new ParquetRows(columns, channel);
      opened = true;
      return rows;
    } catch (StoreUnavailableException e) {
      throw e;
    } catch (RuntimeException | OutOfMemoryError e) {
      // Parquet's classes throw whatever there is, and take whatever is said, of a damaged file.
      throw new ArchiveException("damaged, or no Parquet file", e);
    } finally {
      if (!opened && channel != null) {
        channel.close();
      }
    }
  }

  private ParquetRows(ParquetFiles.Columns columns, SeekableByteChannel channel)
      throws IOException {
    this.channel = channel;
    Schema schema = columns.schema();
    Schema.Field image = image(schema);
    Schema.Field label = label(schema);
    imageColumn = image.name();
    labelColumn = label == null ? null : label.name();
    classes = label == null ? List.of() : classes(columns.notes().get(NOTES), label.name());
    List<Schema.Field> wanted = new ArrayList<>();
    wanted.add(new Schema.Field(image.name(), image.schema()));
    if (label != null) {
      wanted.add(new Schema.Field(label.name(), label.schema()));
    }
    rows =
        ParquetFiles.reader(
            channel,
            Schema.createRecord(schema.getName(), null, schema.getNamespace(), false, wanted));
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
  }

  private static Schema.Field image(Schema schema) throws ArchiveException {
    List<Schema.Field> possible =
        schema.getFields().stream().filter(field -> isImage(field.schema())).toList();
    return possible.stream()
        .filter(field -> IMAGE_COLUMNS.contains(field.name().toLowerCase(Locale.ROOT)))
        .findFirst()
        .or(() -> possible.size() == 1 ? possible.stream().findFirst() : Optional.empty())
        .orElseThrow(
            () ->
                new ArchiveException(
                    "its columns are %s: one named image, of bytes or a struct of bytes and path, is read"
                        .formatted(
                            String.join(
                                ", ",
                                schema.getFields().stream().map(Schema.Field::name).toList()))));
  }

  private static boolean isImage(Schema column) {
    Schema type = notNull(column);
    if (type.getType() == Schema.Type.RECORD) {
      Schema.Field bytes = type.getField(BYTES);
      return bytes != null && notNull(bytes.schema()).getType() == Schema.Type.BYTES;
    }
    return type.getType() == Schema.Type.BYTES && type.getLogicalType() == null;
  }

  private static Schema.@Nullable Field label(Schema schema) {
    return schema.getFields().stream()
        .filter(field -> LABEL_COLUMNS.contains(field.name().toLowerCase(Locale.ROOT)))
        .filter(field -> LABEL_TYPES.contains(notNull(field.schema()).getType()))
        .findFirst()
        .orElse(null);
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
