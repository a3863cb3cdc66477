package io.swavbeam.pipelines.embedding;

import io.swavbeam.pipelines.input.InputException;
import io.swavbeam.pipelines.jvm.SharedInstances;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Storage;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Labels of images by their names, from a CSV file (RFC 4180, UTF-8; separated by tabs where it is
 * called {@code .tsv}): a name and a label in each line. A first line that begins with a word for a
 * name ({@code name}, {@code file}, {@code image}, {@code path}, {@code id} and their like) names
 * the columns: then the label is the column that is called so, or {@code class} or {@code
 * category}, else the one behind the name.
 *
 * <p>A name is that of an image with its folders or without some of them; the longest that is there
 * counts, and it may lack the extension. All names are in memory, some 150 bytes each.
 */
@Internal
public final class LabelTable {
  private static final Set<String> NAME_COLUMNS =
      Set.of(
          "name",
          "file",
          "filename",
          "file_name",
          "path",
          "filepath",
          "file_path",
          "image",
          "image_id",
          "image_name",
          "image_path",
          "img",
          "id",
          "key");
  private static final Set<String> LABEL_COLUMNS =
      Set.of("label", "labels", "class", "class_name", "category", "target", "cls");
  private static final String TAB_SEPARATED = ".tsv";
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private static final SharedInstances<String, LabelTable> SHARED =
      new SharedInstances<>(
          file -> {
            try {
              return read(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          },
          table -> {});

  private final Map<String, String> labels; // an empty one where a name has none

  private LabelTable(Map<String, String> labels) {
    this.labels = labels;
  }

  /** The table that all threads of this process share. */
  static SharedInstances<String, LabelTable>.Reference shared(String file) {
    return SHARED.acquire(file);
  }

  /**
   * Reads a file.
   *
   * @param file path or URI
   * @throws InputException in one line that names the line of the file, if it is no such table
   */
  public static LabelTable read(String file) throws IOException {
    CSVFormat format =
        (file.toLowerCase(Locale.ROOT).endsWith(TAB_SEPARATED) ? CSVFormat.TDF : CSVFormat.RFC4180)
            .builder()
            .setIgnoreEmptyLines(true)
            .get();
    Map<String, String> labels = new HashMap<>();
    Map<String, String> distinct = new HashMap<>();
    try (Reader text =
            new InputStreamReader(
                Storage.stream(new Location(Storage.absolute(file))), StandardCharsets.UTF_8);
        CSVParser records = CSVParser.builder().setReader(text).setFormat(format).get()) {
      Columns columns = null;
      for (CSVRecord record : records) {
        if (columns == null) {
          Columns named = Columns.named(record);
          columns = named == null ? Columns.FIRST : named;
          if (named != null) {
            continue;
          }
        }
        add(record, columns, file, labels, distinct);
      }
    } catch (CSVException e) {
      throw new InputException("%s: %s".formatted(file, e.getMessage()));
    } catch (UncheckedIOException e) {
      throw new InputException("%s: %s".formatted(file, e.getCause().getMessage()));
    } catch (OutOfMemoryError e) {
      throw new InputException(
          "%s has more names than there is memory for: give Java more, -Xmx8g say".formatted(file));
    }
    if (labels.isEmpty()) {
      throw new InputException("%s holds no names: name,label is a line of it".formatted(file));
    }
    return new LabelTable(labels);
  }

  /** Where names and labels stand in a line. */
  private record Columns(int name, int label) {
    static final Columns FIRST = new Columns(0, 1);

    /** What a first line says, or null where it is a line like others. */
    static @Nullable Columns named(CSVRecord first) {
      List<String> words =
          first.stream().map(LabelTable::plain).map(word -> word.toLowerCase(Locale.ROOT)).toList();
      for (int name = 0; name < words.size() && words.size() > 1; name++) {
        if (NAME_COLUMNS.contains(words.get(name))) {
          for (int label = 0; label < words.size(); label++) {
            if (LABEL_COLUMNS.contains(words.get(label))) {
              return new Columns(name, label);
            }
          }
          if (name == 0) {
            return FIRST;
          }
        }
      }
      return null;
    }
  }

  private static void add(
      CSVRecord record,
      Columns columns,
      String file,
      Map<String, String> labels,
      Map<String, String> distinct)
      throws InputException {
    if (record.size() <= Math.max(columns.name(), columns.label())) {
      throw new InputException(
          "%s, record %,d: a name and a label are needed, with a comma between them"
              .formatted(file, record.getRecordNumber()));
    }
    String name = plain(record.get(columns.name()));
    String label = record.get(columns.label()).strip();
    String before = labels.put(name, distinct.computeIfAbsent(label, same -> same));
    if (before != null && !before.equals(label)) {
      throw new InputException(
          "%s, record %,d: '%s' has the label '%s' already"
              .formatted(file, record.getRecordNumber(), name, before));
    }
  }

  private static String plain(String name) {
    String stripped = name.strip().replace('\\', '/');
    if (!stripped.isEmpty() && stripped.charAt(0) == BYTE_ORDER_MARK) {
      stripped = stripped.substring(1);
    }
    return stripped.startsWith("./") ? stripped.substring(2) : stripped;
  }

  /** How many names there are. */
  public int size() {
    return labels.size();
  }

  /** The label of an image, or null where the table has none. */
  public @Nullable String labelOf(String image) {
    String name = nameOf(image);
    String label = name == null ? "" : labels.get(name);
    return label.isEmpty() ? null : label;
  }

  /** The name by which the table knows an image, or null. */
  public @Nullable String nameOf(String image) {
    int dot = image.lastIndexOf('.');
    boolean hasExtension = dot > image.lastIndexOf('/') + 1;
    for (int from = 0; ; from = image.indexOf('/', from) + 1) {
      String name = image.substring(from);
      if (labels.containsKey(name)) {
        return name;
      }
      if (hasExtension && labels.containsKey(image.substring(from, dot))) {
        return image.substring(from, dot);
      }
      if (image.indexOf('/', from) < 0) {
        return null;
      }
    }
  }
}
