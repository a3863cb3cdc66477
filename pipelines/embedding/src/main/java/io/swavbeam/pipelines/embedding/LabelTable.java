package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownIOException;
import io.swavbeam.model.signature.FileSignature;
import io.swavbeam.pipelines.jvm.NonRecoverableException;
import io.swavbeam.pipelines.jvm.SharedInstances;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import io.swavbeam.pipelines.storage.TextInput;
import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.text.Normalizer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Labels of images by name, from a CSV file. The file is UTF-8 or UTF-16 and follows RFC 4180. It
 * is separated by commas, or by semicolons or tabs if the first line has no comma. Each line has a
 * name and a label. If the first line has a usual name of a column of names ({@code name}, {@code
 * file}, {@code image_id}, {@code path} and others), it is a header. The label is then in the
 * column {@code label}, {@code class}, {@code category} or similar, else in the column after the
 * name.
 *
 * <p>A name matches an image if one of the two is a suffix of the other, in whole folders. So names
 * may be absolute, or omit folders or the extension. The longest match counts. If several names
 * match equally and have different labels, the image has no label. Characters are compared after
 * normalisation (NFC). All names are in memory, about 200 bytes each.
 */
public final class LabelTable {
  /**
   * A file and its columns.
   *
   * @param file the path or URI of the file
   * @param columns the column of names and that of labels, by name, or by number from 1 if the file
   *     has no header; null to detect them
   */
  public record Source(String file, @Nullable List<String> columns) implements Serializable {}

  private static final Set<String> NAME_COLUMNS =
      words(
          """
          name file files filename file_name path filepath file_path image images
          image_id imageid image_name image_path image_file img img_name img_path
          img_id photo photo_id picture id key
          """);
  private static final Set<String> LABEL_COLUMNS =
      words("label labels class classes class_name class_id category category_id target cls");
  private static final String TAB_SEPARATED = ".tsv";
  private static final int FIRST_LINE = 1 << 16;
  private static final String AMBIGUOUS = "\0";

  private static final SharedInstances<Source, LabelTable> SHARED =
      new SharedInstances<>(
          source -> {
            try {
              return read(source);
            } catch (KnownIOException e) {
              throw new NonRecoverableException(e);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          },
          table -> {});

  // The keys are the parts of the names from last to first, each followed by a slash, so that names
  // with the same suffix are neighbours. An empty label means that the name has none.
  private final NavigableMap<String, String> labels;
  private final String columns;

  private static Set<String> words(String text) {
    return Set.of(text.strip().split("\\s+"));
  }

  private LabelTable(NavigableMap<String, String> labels, String columns) {
    this.labels = labels;
    this.columns = columns;
  }

  /** Returns the table that the threads of this process share. */
  static SharedInstances<Source, LabelTable>.Reference shared(Source source) {
    return SHARED.acquire(source);
  }

  /**
   * Reads a file.
   *
   * @throws KnownIOException in one line with the line or the columns of the file, if it is not a
   *     table of labels
   */
  public static LabelTable read(Source source) throws IOException {
    String file = source.file();
    TreeMap<String, String> labels = new TreeMap<>();
    Map<String, String> distinct = new HashMap<>();
    Columns columns = null;
    try (BufferedReader text = opened(file)) {
      CSVFormat format = format(file, text);
      CSVParser records = CSVParser.builder().setReader(text).setFormat(format).get();
      for (CSVRecord record : records) {
        if (columns == null) {
          columns = Columns.of(record, source);
          if (columns.isNamed()) {
            continue;
          }
        }
        add(record, columns, source, format, labels, distinct);
      }
    } catch (NoSuchFileException | FileNotFoundException e) {
      throw new KnownIOException(ErrorKind.UNREADABLE_FILE, file, file + " does not exist", e);
    } catch (CSVException e) {
      throw new KnownIOException("%s: %s".formatted(file, e.getMessage()), e);
    } catch (CharacterCodingException e) {
      throw notText(file);
    } catch (UncheckedIOException e) {
      throw e.getCause() instanceof CharacterCodingException
          ? notText(file)
          : new KnownIOException("%s: %s".formatted(file, e.getCause().getMessage()), e);
    } catch (OutOfMemoryError e) {
      throw new KnownIOException(
          "%s has too many names for the memory: increase Java's heap, for example with -Xmx8g"
              .formatted(file));
    }
    if (labels.isEmpty()) {
      throw new KnownIOException(
          "%s holds no names: each line should be name,label".formatted(file));
    }
    return new LabelTable(labels, columns.said());
  }

  /** Opens a table. Rejects files with the signature of another format. */
  private static BufferedReader opened(String file) throws IOException {
    Location location = new Location(Stores.absolute(file));
    if (location.isLocal() && Files.isDirectory(location.path())) {
      throw new KnownIOException(file + " is a folder: give a CSV file");
    }
    try (InputStream in = Stores.stream(location)) {
      Optional<FileSignature> other = FileSignature.of(in.readNBytes(FileSignature.HEAD));
      if (other.isPresent()) {
        throw new KnownIOException(
            other.get() == FileSignature.GIT_LFS
                ? "%s is not a table of labels: %s".formatted(file, other.get().refusal())
                : "%s is not a table of labels: its bytes are %s"
                    .formatted(file, other.get().title()));
      }
    }
    return new BufferedReader(TextInput.reader(Stores.stream(location)), FIRST_LINE);
  }

  private static KnownIOException notText(String file) {
    return new KnownIOException("%s is neither UTF-8 nor UTF-16: save it as UTF-8".formatted(file));
  }

  /**
   * Returns the format by the name of the file and by its first line. A first line {@code sep=;},
   * as in files for Excel, is skipped.
   */
  private static CSVFormat format(String file, BufferedReader text) throws IOException {
    char separator = ',';
    text.mark(FIRST_LINE);
    char[] head = new char[FIRST_LINE - 1];
    int read = Math.max(0, text.read(head));
    text.reset();
    String line = new String(head, 0, read).lines().findFirst().orElse("");
    if (line.matches("sep=.")) {
      text.readLine();
      separator = line.charAt(line.length() - 1);
    } else if (file.toLowerCase(Locale.ROOT).endsWith(TAB_SEPARATED)) {
      separator = '\t';
    } else {
      for (char other : new char[] {';', '\t'}) {
        separator = line.indexOf(',') < 0 && line.indexOf(other) >= 0 ? other : separator;
      }
    }
    return CSVFormat.RFC4180
        .builder()
        .setDelimiter(separator)
        .setIgnoreSurroundingSpaces(separator != '\t')
        .setIgnoreEmptyLines(true)
        .get();
  }

  /**
   * The columns of names and labels.
   *
   * @param said the names of the columns for people; empty if there is no header
   */
  private record Columns(int name, int label, String said) {
    private static final Predicate<String> NUMBER =
        Pattern.compile("[1-9]\\d{0,3}").asMatchPredicate();
    private static final Predicate<String> FILE =
        Pattern.compile(".*[/\\\\].*|.+\\.\\w{2,5}").asMatchPredicate();

    boolean isNamed() {
      return !said.isEmpty();
    }

    /** Returns the columns by the header, or the first two if the first line is data. */
    static Columns of(CSVRecord first, Source source) throws KnownIOException {
      List<String> names = first.stream().map(String::strip).toList();
      if (source.columns() != null) {
        int name = names.indexOf(source.columns().get(0));
        int label = names.indexOf(source.columns().get(1));
        if (name < 0 && label < 0 && source.columns().stream().allMatch(NUMBER)) {
          return numbered(source, names);
        }
        if (name < 0 || label < 0) {
          throw new KnownIOException(
              "%s has the columns %s: %s is none of them"
                  .formatted(
                      source.file(),
                      String.join(", ", names),
                      source.columns().get(name < 0 ? 0 : 1)));
        }
        return named(name, label, names);
      }
      List<String> words = words(names);
      int name = indexOf(NAME_COLUMNS, words);
      int label = indexOf(LABEL_COLUMNS, words);
      boolean isHeader = isHeader(names);
      if (words.size() > 2 && (!isHeader || name < 0)) {
        throw new KnownIOException(
            "%s has the columns %s: give the columns of the names and of the labels, by name or number"
                .formatted(source.file(), String.join(", ", names)));
      }
      if (words.size() < 2 || !isHeader) {
        return new Columns(0, 1, "");
      }
      if (name < 0) {
        return named(1 - label, label, names);
      }
      int behind = name + 1 < words.size() ? name + 1 : name - 1;
      return named(name, label < 0 ? behind : label, names);
    }

    private static Columns numbered(Source source, List<String> names) throws KnownIOException {
      int[] columns = source.columns().stream().mapToInt(Integer::parseInt).toArray();
      int last = Math.max(columns[0], columns[1]);
      if (last > names.size()) {
        throw new KnownIOException(
            "%s has %d columns: there is no column %d"
                .formatted(source.file(), names.size(), last));
      }
      int name = columns[0] - 1;
      int label = columns[1] - 1;
      return isHeader(names) ? named(name, label, names) : new Columns(name, label, "");
    }

    private static List<String> words(List<String> names) {
      return names.stream()
          .map(name -> name.toLowerCase(Locale.ROOT).replaceAll("[ -]+", "_"))
          .toList();
    }

    /** Returns whether the first line is a header. A line with the name of a file is data. */
    private static boolean isHeader(List<String> names) {
      List<String> words = words(names);
      return (indexOf(NAME_COLUMNS, words) >= 0 || indexOf(LABEL_COLUMNS, words) >= 0)
          && names.stream().noneMatch(FILE);
    }

    private static int indexOf(Set<String> wanted, List<String> words) {
      for (int i = 0; i < words.size(); i++) {
        if (wanted.contains(words.get(i))) {
          return i;
        }
      }
      return -1;
    }

    private static Columns named(int name, int label, List<String> names) {
      return new Columns(
          name,
          label,
          "names in the column %s, labels in %s".formatted(names.get(name), names.get(label)));
    }
  }

  private static void add(
      CSVRecord record,
      Columns columns,
      Source source,
      CSVFormat format,
      Map<String, String> labels,
      Map<String, String> distinct)
      throws KnownIOException {
    if (record.size() <= Math.max(columns.name(), columns.label())) {
      throw new KnownIOException(
          "%s, record %,d: a name and a label are needed, with a %s between them"
              .formatted(
                  source.file(),
                  record.getRecordNumber(),
                  switch (format.getDelimiterString()) {
                    case "," -> "comma";
                    case "\t" -> "tab";
                    default -> "'%s'".formatted(format.getDelimiterString());
                  }));
    }
    String name = record.get(columns.name());
    String label = record.get(columns.label()).strip();
    String before = labels.put(reversed(name), distinct.computeIfAbsent(label, same -> same));
    if (before != null && !before.equals(label)) {
      throw new KnownIOException(
          "%s, record %,d: '%s' has the label '%s' already"
              .formatted(source.file(), record.getRecordNumber(), name.strip(), before));
    }
  }

  /** Returns the parts of a name from last to first, each followed by a slash. */
  private static String reversed(String name) {
    String composed = Normalizer.normalize(name.strip().replace('\\', '/'), Normalizer.Form.NFC);
    Deque<String> parts = new ArrayDeque<>();
    for (String part : composed.split("/", -1)) {
      if (part.equals("..")) {
        parts.poll(); // the folder before ..
      } else if (!part.isEmpty() && !part.equals(".") && !part.matches("[A-Za-z]:")) {
        parts.push(part);
      }
    }
    return String.join("/", parts) + "/";
  }

  /** Returns the number of names. */
  public int size() {
    return labels.size();
  }

  /** Returns the columns for messages; empty if there is no header. */
  public String columns() {
    return columns;
  }

  /** Returns the label of an image; null if there is none or it is ambiguous. */
  public @Nullable String labelOf(String image) {
    String name = nameOf(image);
    String label = name == null || name.equals(AMBIGUOUS) ? "" : labels.get(name);
    return label.isEmpty() ? null : label;
  }

  /** Returns whether several names match an image equally, and have different labels. */
  public boolean isAmbiguous(String image) {
    return AMBIGUOUS.equals(nameOf(image));
  }

  /** Returns the key of the name that matches an image, or null. */
  public @Nullable String nameOf(String image) {
    String whole = reversed(image);
    int file = whole.indexOf('/');
    int dot = whole.lastIndexOf('.', file);
    String folders = whole.substring(file);
    List<String> names =
        dot > 0 ? List.of(whole, whole.substring(0, dot) + folders) : List.of(whole);
    for (String name : names) {
      if (labels.containsKey(name)) {
        return name;
      }
    }
    for (String name : names) {
      String longer = longer(name);
      if (longer != null) {
        return longer;
      }
    }
    for (int end = folders.lastIndexOf('/', folders.length() - 2); end >= 0; ) {
      for (String name : names) {
        String shorter = name.substring(0, name.length() - (folders.length() - end - 1));
        if (labels.containsKey(shorter)) {
          return shorter;
        }
      }
      end = end == 0 ? -1 : folders.lastIndexOf('/', end - 1);
    }
    return null;
  }

  /**
   * Returns a longer name of the table that ends with a name, if all such names have the same
   * label.
   */
  private @Nullable String longer(String name) {
    Map.Entry<String, String> first = labels.ceilingEntry(name);
    if (first == null || !first.getKey().startsWith(name)) {
      return null;
    }
    for (Map.Entry<String, String> other : labels.tailMap(first.getKey(), false).entrySet()) {
      if (!other.getKey().startsWith(name)) {
        break;
      }
      if (!other.getValue().equals(first.getValue())) {
        return AMBIGUOUS;
      }
    }
    return first.getKey();
  }
}
