package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.ImageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What an entry of the input is: a picture, an archive, a file beside pictures, or a picture or an
 * archive that is not read. The bytes decide, where they are at hand; a name only hints.
 *
 * @param type what it is
 * @param format for people, if it is not read: {@code WebP}
 */
record Content(Type type, String format) {
  /** What an entry can be. */
  enum Type {
    IMAGE,
    TAR,
    ZIP,
    CIFAR,
    IDX,
    COMPRESSED,
    /** Holds images in its rows, or something else. */
    PARQUET,
    /** Belongs to an IDX file beside it. */
    LABELS,
    /** Stands beside pictures and is none. */
    SIDECAR,
    /** A picture or an archive of a format that is not read. */
    UNREAD,
    /** Its name says nothing, so its bytes have to be looked at. */
    UNKNOWN
  }

  /** Bytes from the beginning that decide. */
  static final int HEAD = 264;

  private static final Pattern CIFAR_NAME =
      Pattern.compile("(data_batch_.*|.*_batch|train|test)\\.bin");

  private static final Set<String> IMAGES =
      Set.of(
          "jpg", "jpeg", "jpe", "jfif", "jif", "pjpeg", "png", "apng", "gif", "bmp", "dib", "webp",
          "tif", "tiff", "pnm", "ppm", "pgm", "pbm");

  private static final String RAW = "a raw photograph";

  private static final Set<String> SIDECARS =
      Set.of(
          "json",
          "jsonl",
          "txt",
          "cls",
          "csv",
          "tsv",
          "xml",
          "yaml",
          "yml",
          "md",
          "html",
          "htm",
          "log",
          "npy",
          "npz",
          "pkl",
          "pickle",
          "pt",
          "pth",
          "safetensors",
          "db",
          "ini",
          "pdf",
          "mp3",
          "mp4",
          "m4v",
          "mov",
          "avi",
          "mkv",
          "webm",
          "wav",
          "flac",
          "doc",
          "docx",
          "xls",
          "xlsx",
          "ppt",
          "pptx",
          "py",
          "sh",
          "css",
          "js",
          "toml",
          "cfg",
          "sha1",
          "sha256",
          "md5",
          "jar",
          "mat",
          "xmp",
          "aae",
          "bbox",
          "caption",
          "idx",
          "index",
          "ds_store");

  private static final Map<String, String> UNREAD =
      Map.ofEntries(
          Map.entry("svg", "SVG"),
          Map.entry("jp2", "JPEG 2000"),
          Map.entry("j2k", "JPEG 2000"),
          Map.entry("jxl", "JPEG XL"),
          Map.entry("psd", "Photoshop's format"),
          Map.entry("ico", "ICO"),
          Map.entry("cr2", RAW),
          Map.entry("cr3", RAW),
          Map.entry("nef", RAW),
          Map.entry("arw", RAW),
          Map.entry("dng", RAW),
          Map.entry("nrw", RAW),
          Map.entry("orf", RAW),
          Map.entry("rw2", RAW),
          Map.entry("raf", RAW),
          Map.entry("pef", RAW),
          Map.entry("srw", RAW),
          Map.entry("sr2", RAW),
          Map.entry("srf", RAW),
          Map.entry("erf", RAW),
          Map.entry("kdc", RAW),
          Map.entry("dcr", RAW),
          Map.entry("mos", RAW),
          Map.entry("3fr", RAW),
          Map.entry("iiq", RAW),
          Map.entry("crw", RAW),
          Map.entry("7z", "7-Zip"),
          Map.entry("rar", "RAR"),
          Map.entry("arrow", "Arrow"),
          Map.entry("tfrecord", "TFRecord"),
          Map.entry("tfrecords", "TFRecord"),
          Map.entry("lmdb", "LMDB"),
          Map.entry("mdb", "LMDB"),
          Map.entry("h5", "HDF5"),
          Map.entry("hdf5", "HDF5"));

  /** Read where the system has libheif. */
  private static final Map<String, String> HEIF =
      Map.of("heic", "HEIC", "heif", "HEIC", "hif", "HEIC", "avif", "AVIF");

  private static final int[] JPEG = {0xFF, 0xD8, 0xFF};
  private static final int[] PNG = {0x89, 'P', 'N', 'G'};
  private static final int[] GIF = {'G', 'I', 'F', '8'};
  private static final int[] BMP = {'B', 'M'};
  private static final Set<Integer> BMP_HEADERS = Set.of(12, 16, 40, 52, 56, 64, 108, 124);
  private static final int TAR_MARK = 257;

  private static final Map<String, String> UNREAD_MAGIC =
      Map.of(
          "7z\u00BC\u00AF", "7-Zip",
          "PAR1", "a Parquet file without .parquet behind its name",
          "Rar!", "RAR",
          "8BPS", "Photoshop's format");

  /** What is said of an entry that is not read. */
  String refusal() {
    if (type == Type.PARQUET) {
      return "a Parquet file in an archive is not read: unpack it";
    }
    return HEIF.containsValue(format) ? ImageDecoder.withoutHeif(format) : format + " is not read";
  }

  private static Content of(Type type) {
    return new Content(type, "");
  }

  /** What a name says. */
  static Content ofName(String path) {
    String name = fileName(path);
    String lower = name.toLowerCase(Locale.ROOT);
    if (isLeftBehind(path, lower)) {
      return of(Type.SIDECAR);
    }
    if (lower.contains("idx1-ubyte")) {
      return of(Type.LABELS);
    }
    if (Compression.ofName(lower).isPresent()) {
      // The labels of MNIST come compressed too.
      return of(Type.COMPRESSED);
    }
    if (lower.contains("idx3-ubyte")) {
      return of(Type.IDX);
    }
    if (CIFAR_NAME.matcher(lower).matches()) {
      return of(Type.CIFAR);
    }
    String extension = extension(name);
    if (IMAGES.contains(extension) || (HEIF.containsKey(extension) && ImageDecoder.readsHeif())) {
      return of(Type.IMAGE);
    }
    if (extension.equals("tar")) {
      return of(Type.TAR);
    }
    if (extension.equals("zip")) {
      return of(Type.ZIP);
    }
    if (ParquetRows.isIn(name)) {
      return of(Type.PARQUET);
    }
    if (SIDECARS.contains(extension)) {
      return of(Type.SIDECAR);
    }
    String unread = UNREAD.getOrDefault(extension, HEIF.get(extension));
    return unread == null ? of(Type.UNKNOWN) : new Content(Type.UNREAD, unread);
  }

  /** What operating systems and servers leave beside pictures, be it pictures. */
  private static boolean isLeftBehind(String path, String lower) {
    return lower.startsWith("._")
        || lower.equals("thumbs.db")
        || lower.equals("desktop.ini")
        || path.startsWith("__MACOSX/")
        || path.contains("/__MACOSX/")
        || path.startsWith("@eaDir/")
        || path.contains("/@eaDir/");
  }

  /** Whether the first bytes can say more than the name. */
  boolean dependsOnBytes() {
    return type == Type.UNKNOWN || type == Type.UNREAD;
  }

  /**
   * What a name and the first bytes say together.
   *
   * @param head at least {@link #HEAD} bytes, where the entry has so many; null if they are not at
   *     hand
   */
  static Content of(String path, byte @Nullable [] head) {
    Content byName = ofName(path);
    // Raw photographs begin as a TIFF does, in which no more than a thumbnail could be read.
    if (head == null || !byName.dependsOnBytes() || byName.format().equals(RAW)) {
      return byName;
    }
    Optional<Content> byBytes = ofBytes(head);
    if (byBytes.isPresent()) {
      return byBytes.get();
    }
    return byName.type() == Type.UNKNOWN ? of(Type.SIDECAR) : byName;
  }

  private static Optional<Content> ofBytes(byte[] head) {
    if (isImage(head)) {
      return Optional.of(of(Type.IMAGE));
    }
    if (Compression.ofBytes(head).isPresent()) {
      return Optional.of(of(Type.COMPRESSED));
    }
    if (startsWith(head, new int[] {'P', 'K', 3, 4})
        || startsWith(head, new int[] {'P', 'K', 5, 6})) {
      return Optional.of(of(Type.ZIP));
    }
    if (head.length > TAR_MARK + 5
        && new String(head, TAR_MARK, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
      return Optional.of(of(Type.TAR));
    }
    return unread(head).map(format -> new Content(Type.UNREAD, format));
  }

  /** Whether bytes begin as a picture does that is read. */
  static boolean isImage(byte[] head) {
    return startsWith(head, JPEG)
        || startsWith(head, PNG)
        || startsWith(head, GIF)
        || (startsWith(head, BMP)
            && head.length >= 18
            && head[15] == 0
            && head[16] == 0
            && head[17] == 0
            && BMP_HEADERS.contains(Byte.toUnsignedInt(head[14])))
        || ImageDecoder.isRaster(head)
        || (ImageDecoder.heifFormat(head).isPresent() && ImageDecoder.readsHeif());
  }

  /** The format that bytes begin as, where it is one that is not read. */
  private static Optional<String> unread(byte[] head) {
    String text = new String(head, StandardCharsets.ISO_8859_1);
    for (Map.Entry<String, String> magic : UNREAD_MAGIC.entrySet()) {
      if (text.startsWith(magic.getKey())) {
        return Optional.of(magic.getValue());
      }
    }
    Optional<String> heif = ImageDecoder.heifFormat(head);
    if (heif.isPresent()) {
      return heif;
    }
    return text.stripLeading().startsWith("<svg") ? Optional.of("SVG") : Optional.empty();
  }

  static boolean startsWith(byte[] head, int[] magic) {
    if (head.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if (Byte.toUnsignedInt(head[i]) != magic[i]) {
        return false;
      }
    }
    return true;
  }

  /** The last part of a path. */
  static String fileName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** What a sidecar is counted by: its extension in small letters, or its name if it has none. */
  static String extension(String path) {
    String name = fileName(path);
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }
}
