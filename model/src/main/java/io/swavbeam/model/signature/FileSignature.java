package io.swavbeam.model.signature;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The format of a file by its first bytes. It covers images, archives and weights, so that a file
 * has the same format in all parts of the software, whatever its name is.
 *
 * <p>Formats without a signature, such as TGA, CIFAR's binary files or plain text, are not
 * detected.
 */
public enum FileSignature {
  // If a signature is a prefix of another one, the longer one comes first.
  JPEG("JPEG", Kind.IMAGE, at(0, "\u00FF\u00D8\u00FF")),
  PNG("PNG", Kind.IMAGE, at(0, "\u0089PNG")),
  GIF("GIF", Kind.IMAGE, at(0, "GIF8")),
  WEBP("WebP", Kind.IMAGE, at(0, "RIFF").and(at(8, "WEBP"))),
  CANON_RAW("a raw photograph", Kind.UNREAD_IMAGE, at(0, "II*\0").and(at(8, "CR"))),
  TIFF(
      "TIFF",
      Kind.IMAGE,
      at(0, "II*\0"),
      at(0, "MM\0*"),
      at(0, "II+\0\b\0\0\0"),
      at(0, "MM\0+\0\b\0\0")),
  PNM("PNM", Kind.IMAGE, matching("P[1-6]\\s+[0-9#]")),
  HEIC("HEIC", Kind.IMAGE, brand("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1")),
  AVIF("AVIF", Kind.IMAGE, brand("avif", "avis")),
  ICO("ICO", Kind.IMAGE, matching("\0\0\1\0[^\0]\0.{3}\0")),
  BMP("BMP", Kind.IMAGE, at(0, "BM").and(FileSignature::isBmpHeader)),
  /** A BMP without its file header, with a bitmap header of 40 bytes. */
  DIB("DIB", Kind.IMAGE, matching("\\(\0\0\0.{8}\1\0[\1\4\b\020\030 ]\0[\0-\3]\0\0\0.{20}")),

  JPEG_XL("JPEG XL", Kind.UNREAD_IMAGE, at(0, "\u00FF\n"), at(0, "\0\0\0\fJXL \r\n\u0087\n")),
  JPEG_2000(
      "JPEG 2000", Kind.UNREAD_IMAGE, at(0, "\0\0\0\fjP  \r\n\u0087\n"), at(0, "\u00FFO\u00FFQ")),
  JPEG_XR("JPEG XR", Kind.UNREAD_IMAGE, at(0, "II\u00BC")),
  PHOTOSHOP("Photoshop's format", Kind.UNREAD_IMAGE, at(0, "8BPS")),
  DDS("DDS", Kind.UNREAD_IMAGE, at(0, "DDS |\0\0\0")),
  OPENEXR("OpenEXR", Kind.UNREAD_IMAGE, at(0, "v/1\1")),
  QOI("QOI", Kind.UNREAD_IMAGE, at(0, "qoif")),
  DICOM("DICOM", Kind.UNREAD_IMAGE, at(128, "DICM")),
  PCX("PCX", Kind.UNREAD_IMAGE, matching("\n[\0\2-\5]\1[\1\2\4\b]")),
  ICNS("ICNS", Kind.UNREAD_IMAGE, at(0, "icns")),
  CURSOR("CUR", Kind.UNREAD_IMAGE, matching("\0\0\2\0[^\0]\0.{3}\0")),
  PAM("PAM", Kind.UNREAD_IMAGE, matching("P7\\s")),
  PFM("PFM", Kind.UNREAD_IMAGE, matching("P[fF]\\s+[0-9]")),
  RADIANCE("Radiance HDR", Kind.UNREAD_IMAGE, at(0, "#?RADIANCE"), at(0, "#?RGBE")),
  FITS("FITS", Kind.UNREAD_IMAGE, at(0, "SIMPLE  =")),
  XCF("GIMP's format", Kind.UNREAD_IMAGE, at(0, "gimp xcf")),
  DJVU("DjVu", Kind.UNREAD_IMAGE, at(0, "AT&TFORM")),
  BPG("BPG", Kind.UNREAD_IMAGE, at(0, "BPG\u00FB")),
  FLIF("FLIF", Kind.UNREAD_IMAGE, at(0, "FLIF")),
  KTX("KTX", Kind.UNREAD_IMAGE, at(0, "\u00ABKTX ")),
  FARBFELD("farbfeld", Kind.UNREAD_IMAGE, at(0, "farbfeld")),
  SGI("SGI", Kind.UNREAD_IMAGE, matching("\1\u00DA[\0\1][\1\2]\0[\1-\3]")),
  SUN_RASTER("Sun raster", Kind.UNREAD_IMAGE, at(0, "Y\u00A6j\u0095")),
  XPM("XPM", Kind.UNREAD_IMAGE, at(0, "/* XPM */")),
  XBM("XBM", Kind.UNREAD_IMAGE, matching("#define\\s+\\S*_width\\s")),
  EPS("EPS", Kind.UNREAD_IMAGE, at(0, "%!PS-Adobe"), at(0, "\u00C5\u00D0\u00D3\u00C6")),
  MNG("MNG", Kind.UNREAD_IMAGE, at(0, "\u008AMNG"), at(0, "\u008BJNG")),
  DPX("DPX", Kind.UNREAD_IMAGE, at(0, "SDPX"), at(0, "XPDS")),
  IFF("IFF", Kind.UNREAD_IMAGE, at(0, "FORM").and(matching(".{8}(ILBM|PBM )"))),
  BLP("BLP", Kind.UNREAD_IMAGE, at(0, "BLP1"), at(0, "BLP2")),
  ANI("ANI", Kind.UNREAD_IMAGE, at(0, "RIFF").and(at(8, "ACON"))),
  WMF("WMF", Kind.UNREAD_IMAGE, at(0, "\u00D7\u00CD\u00C6\u009A")),
  EMF("EMF", Kind.UNREAD_IMAGE, at(0, "\1\0\0\0").and(at(40, " EMF"))),
  RAW(
      "a raw photograph",
      Kind.UNREAD_IMAGE,
      at(0, "FUJIFILMCCD-RAW"),
      at(0, "IIRO"),
      at(0, "IIRS"),
      at(0, "MMOR"),
      at(0, "IIU\0"),
      at(0, "FOVb"),
      brand("crx ")),
  SVG(
      "SVG",
      Kind.UNREAD_IMAGE,
      matching(
          "(\u00EF\u00BB\u00BF)?\\s*(<\\?xml[^>]*>\\s*)?(<!--.*?-->\\s*)*<(!DOCTYPE )?svg\\b")),

  ZIP("zip", Kind.ARCHIVE, at(0, "PK\3\4"), at(0, "PK\5\6"), at(0, "PK\7\bPK\3\4")),
  TAR("tar", Kind.ARCHIVE, at(257, "ustar")),
  GZIP("gzip", Kind.ARCHIVE, at(0, "\u001F\u008B")),
  BZIP2("bzip2", Kind.ARCHIVE, matching("BZh[1-9]")),
  XZ("xz", Kind.ARCHIVE, at(0, "\u00FD7zXZ\0")),
  ZSTANDARD("Zstandard", Kind.ARCHIVE, at(0, "(\u00B5/\u00FD")),
  PARQUET("Parquet", Kind.ARCHIVE, at(0, "PAR1")),

  SEVEN_ZIP("7-Zip", Kind.UNREAD_ARCHIVE, at(0, "7z\u00BC\u00AF'\u001C")),
  RAR("RAR", Kind.UNREAD_ARCHIVE, at(0, "Rar!\u001A\7")),
  LZ4("LZ4", Kind.UNREAD_ARCHIVE, at(0, "\4\"M\u0018")),
  LZIP("lzip", Kind.UNREAD_ARCHIVE, at(0, "LZIP")),
  COMPRESS("compress", Kind.UNREAD_ARCHIVE, at(0, "\u001F\u009D")),
  HDF5("HDF5", Kind.UNREAD_ARCHIVE, at(0, "\u0089HDF\r\n\u001A\n")),
  ARROW("Arrow", Kind.UNREAD_ARCHIVE, at(0, "ARROW1\0\0"), at(0, "FEA1")),

  GIT_LFS("a pointer of Git LFS", Kind.POINTER, at(0, "version https://git-lfs.github.com/spec/")),
  HTML(
      "HTML",
      Kind.DOCUMENT,
      matching(
          "(?i)(\u00EF\u00BB\u00BF)?\\s*(<!--.*?-->\\s*)*<(!doctype\\s+html|html|head|body)\\b")),
  XML("XML", Kind.DOCUMENT, matching("(\u00EF\u00BB\u00BF)?\\s*<\\?xml")),
  PDF("PDF", Kind.DOCUMENT, at(0, "%PDF-"));

  /** How files of a format are treated. */
  public enum Kind {
    /** A supported image. */
    IMAGE,
    /** An image of a format that is not supported. */
    UNREAD_IMAGE,
    /** A supported archive, dataset or compressed file. */
    ARCHIVE,
    /** An archive or a dataset of a format that is not supported. */
    UNREAD_ARCHIVE,
    /** A text file that stands for a file that has not been downloaded. */
    POINTER,
    /** A file of another kind. */
    DOCUMENT
  }

  /** The number of first bytes that {@link #of} uses, enough for a tar file. */
  public static final int HEAD = 264;

  private static final Set<Integer> BMP_HEADERS = Set.of(12, 16, 40, 52, 56, 64, 108, 124);
  private static final int BMP_HEADER_LENGTH = 14;

  private final String title;
  private final Kind kind;

  @SuppressWarnings("ImmutableEnumChecker") // a list of constants
  private final List<Signature> signatures;

  FileSignature(String title, Kind kind, Signature... signatures) {
    this.title = title;
    this.kind = kind;
    this.signatures = List.of(signatures);
  }

  /** Returns the format's name for messages, such as {@code JPEG 2000}. */
  public String title() {
    return title;
  }

  public Kind kind() {
    return kind;
  }

  /** Returns in a few words why a file of this format is not an image that can be read. */
  public String refusal() {
    return switch (kind) {
      case IMAGE, UNREAD_IMAGE, UNREAD_ARCHIVE -> title + " is not read";
      case ARCHIVE, DOCUMENT -> "its bytes are %s, which is not an image".formatted(title);
      case POINTER -> "it is %s, not the file itself: `git lfs pull` fetches it".formatted(title);
    };
  }

  /**
   * Returns the format of a file.
   *
   * @param head the first {@link #HEAD} bytes of the file, or all of a shorter one; more are
   *     ignored
   */
  public static Optional<FileSignature> of(byte[] head) {
    String text = new String(head, 0, Math.min(head.length, HEAD), StandardCharsets.ISO_8859_1);
    for (FileSignature signature : values()) {
      for (Signature one : signature.signatures) {
        if (one.matches(text)) {
          return Optional.of(signature);
        }
      }
    }
    return Optional.empty();
  }

  /** Returns whether a file with these first bytes has this format. */
  public boolean matches(byte[] head) {
    return of(head).filter(this::equals).isPresent();
  }

  /** A pattern of the first bytes of a file, as text with one character per byte. */
  @FunctionalInterface
  private interface Signature {
    boolean matches(String head);

    default Signature and(Signature other) {
      return head -> matches(head) && other.matches(head);
    }
  }

  private static Signature at(int offset, String bytes) {
    return head -> head.startsWith(bytes, offset);
  }

  private static Signature matching(String regex) {
    Pattern pattern = Pattern.compile(regex, Pattern.DOTALL);
    return head -> pattern.matcher(head).lookingAt();
  }

  /** Matches the major brand of an ISO base media file. */
  private static Signature brand(String... brands) {
    Set<String> all = Set.of(brands);
    return head ->
        head.startsWith("ftyp", 4)
            && head.length() >= 12
            && all.contains(head.substring(8, 12).toLowerCase(Locale.ROOT));
  }

  /**
   * Returns whether a valid length of a bitmap header follows. "BM" alone begins many text files.
   */
  private static boolean isBmpHeader(String head) {
    return head.length() >= BMP_HEADER_LENGTH + Integer.BYTES
        && head.startsWith("\0\0\0", BMP_HEADER_LENGTH + 1)
        && BMP_HEADERS.contains((int) head.charAt(BMP_HEADER_LENGTH));
  }
}
