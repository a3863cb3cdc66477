package io.swavbeam.pipelines.archive.format;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.signature.FileSignature;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What an entry of the input is: a picture, an archive, a file beside pictures, or a picture or an
 * archive that is not read. The bytes decide, where they are at hand ({@link FileSignature}); a
 * name only hints.
 *
 * @param type what it is
 * @param refusal why it is not read; empty if it is
 * @param kind of the refusal
 * @param format of an archive; else null
 */
public record Content(Type type, String refusal, ErrorKind kind, @Nullable ArchiveFormat format) {
  /** The kinds of entries. */
  public enum Type {
    IMAGE,
    /** An archive of a format that is read. */
    ARCHIVE,
    /** A file that belongs to an archive beside it. */
    COMPANION,
    /** Stands beside pictures and is none. */
    SIDECAR,
    /** A picture or an archive of a format that is not read. */
    UNREAD,
    /** Its name says nothing, so its bytes have to be looked at. */
    UNKNOWN
  }

  /** Bytes from the beginning that decide. */
  public static final int HEAD = FileSignature.HEAD;

  private static final Content IMAGE = of(Type.IMAGE);

  /** Extensions of pictures that are read. */
  private static final Set<String> IMAGES =
      words(
          """
          jpg jpeg jpe jfif jif pjpeg png apng gif bmp dib webp tif tiff pnm ppm pgm pbm ico tga icb
          vda vst
          """);

  /** Extensions of pictures that are read where the system has libheif, with their formats. */
  private static final Map<String, String> HEIF =
      Map.of("heic", "HEIC", "heif", "HEIC", "hif", "HEIC", "avif", "AVIF");

  /** Extensions of raw photographs, which begin as a TIFF of a thumbnail. */
  private static final Set<String> RAW =
      words(
          """
          cr2 cr3 nef arw dng nrw orf rw2 raf pef srw sr2 srf erf kdc dcr mos 3fr iiq crw x3f mef mrw
          rwl gpr fff ptx k25 cap bay
          """);

  /** Extensions of other pictures and archives that are not read, with their formats. */
  private static final Map<String, String> UNREAD =
      formats(
          """
          SVG: svg svgz
          JPEG 2000: jp2 j2k jpf jpx j2c jpc jpm jph
          JPEG XL: jxl
          JPEG XR: jxr wdp hdp
          JPEG-LS: jls
          Photoshop's format: psd psb
          CUR: cur
          DDS: dds
          OpenEXR: exr
          QOI: qoi
          DICOM: dcm dicom
          PCX: pcx dcx
          ICNS: icns
          PAM: pam
          PFM: pfm
          Radiance HDR: rgbe
          FITS: fits fts
          MNG: mng jng
          DPX: dpx
          Cineon: cin
          IFF: iff lbm ilbm
          WBMP: wbmp
          Photo CD: pcd
          ANI: ani
          GIMP's format: xcf
          DjVu: djvu djv
          BPG: bpg
          FLIF: flif
          KTX: ktx ktx2
          SGI: sgi
          Sun raster: ras
          XBM: xbm
          XPM: xpm
          PICT: pict pct
          WMF: wmf
          EMF: emf
          IM: im
          MSP: msp
          SPIDER: spi spider
          BLP: blp
          EPS: eps ps ai
          NIfTI: nii
          NRRD: nrrd nhdr
          MetaImage: mha mhd
          MRC: mrc
          a microscope's format: czi lif nd2 oib oif
          7-Zip: 7z
          RAR: rar
          LZ4: lz4
          lzip: lz
          LZMA: lzma tlz
          Arrow: arrow feather
          TFRecord: tfrecord tfrecords
          RecordIO: rec
          LMDB: lmdb mdb
          HDF5: h5 hdf5
          Avro: avro
          ORC: orc
          Parquet: parquet
          """);

  /** Formats that libraries of their own read. */
  private static final Map<String, String> LIBRARIES =
      Map.of(FileSignature.PARQUET.title(), "io.swavbeam:swav-parquet");

  /** Extensions of files that are no pictures, and names of some that have none. */
  private static final Set<String> SIDECARS =
      words(
          """
          json jsonl ndjson geojson txt cls csv tsv xml yaml yml md rst html htm log npy npz pkl
          pickle joblib pt pth ckpt safetensors onnx pb tflite db sqlite ini pdf rtf odt epub mp3
          mp4 m4a m4v mov avi mkv webm mpg mpeg wmv 3gp flv wav flac ogg aac doc docx docm dotx
          xls xlsx xlsm ppt pptx pptm ods odp odg pages numbers key sketch kra ora apk ipa whl egg
          war ear xpi crx py pyc ipynb sh bat c cpp h java js ts css rs go rb php sql toml cfg
          conf lock sha1 sha256 sha512 md5 crc sfv asc sig jar exe dll so mat m xmp aae bbox
          caption srt vtt gpx kml plist url lnk torrent bak tmp idx index ds_store gitignore
          gitattributes gitkeep readme license licence copying authors changelog makefile
          dockerfile _success
          """);

  private static Set<String> words(String text) {
    return Set.of(text.strip().split("\\s+"));
  }

  /** Reads lines of a format and its extensions. */
  private static Map<String, String> formats(String lines) {
    Map<String, String> formats = new HashMap<>();
    lines
        .lines()
        .map(line -> line.split(": ", -1))
        .forEach(line -> words(line[1]).forEach(extension -> formats.put(extension, line[0])));
    return Map.copyOf(formats);
  }

  private static Content of(Type type) {
    return new Content(type, "", ErrorKind.OTHER, null);
  }

  private static Content of(ArchiveFormat format) {
    return new Content(Type.ARCHIVE, "", ErrorKind.OTHER, format);
  }

  private static Content unread(String format) {
    if (LIBRARIES.containsKey(format)) {
      return refused(
          ErrorKind.MISSING_LIBRARY,
          "%s is read by %s, which is missing among the libraries"
              .formatted(format, LIBRARIES.get(format)));
    }
    if (!HEIF.containsValue(format)) {
      return refused(ErrorKind.FORMAT_NOT_READ, format + " is not read");
    }
    UndecodableImageException why = ImageDecoder.withoutHeif(format);
    return refused(why.kind(), why.getMessage());
  }

  private static Content refused(ErrorKind kind, String why) {
    return new Content(Type.UNREAD, why, kind, null);
  }

  /** Returns the content that a name indicates. */
  public static Content ofName(String path) {
    String name = fileName(path);
    String lower = name.toLowerCase(Locale.ROOT);
    if (isLeftBehind(path)) {
      return of(Type.SIDECAR);
    }
    String extension = extension(name);
    if (IMAGES.contains(extension)) {
      return IMAGE;
    }
    for (ArchiveFormat format : Formats.ALL) {
      ArchiveFormat.Role role = format.role(lower);
      if (role != ArchiveFormat.Role.NONE) {
        return role == ArchiveFormat.Role.ARCHIVE ? of(format) : of(Type.COMPANION);
      }
    }
    if (HEIF.containsKey(extension) && ImageDecoder.readsHeif()) {
      return IMAGE;
    }
    if (SIDECARS.contains(extension)) {
      return of(Type.SIDECAR);
    }
    if (RAW.contains(extension)) {
      return unread("a raw photograph");
    }
    String unread = UNREAD.getOrDefault(extension, HEIF.get(extension));
    return unread == null ? of(Type.UNKNOWN) : unread(unread);
  }

  /** Whether operating systems and servers leave such files beside pictures, be it pictures. */
  public static boolean isLeftBehind(String path) {
    String lower = fileName(path).toLowerCase(Locale.ROOT);
    return lower.startsWith("._")
        || lower.equals("thumbs.db")
        || lower.equals("desktop.ini")
        || path.startsWith("__MACOSX/")
        || path.contains("/__MACOSX/")
        || path.startsWith("@eaDir/")
        || path.contains("/@eaDir/");
  }

  /** Whether files of an extension are known: those of others are counted apart. */
  public static boolean isKnown(String extension) {
    return SIDECARS.contains(extension)
        || IMAGES.contains(extension)
        || HEIF.containsKey(extension)
        || RAW.contains(extension)
        || UNREAD.containsKey(extension)
        || Formats.ofName("." + extension).isPresent();
  }

  /** Whether the first bytes can say more than the name. */
  public boolean dependsOnBytes() {
    return type == Type.UNKNOWN || type == Type.UNREAD;
  }

  /**
   * What a name and the first bytes say together.
   *
   * @param head at least {@link #HEAD} bytes, where the entry has so many; null if they are not at
   *     hand
   */
  public static Content of(String path, byte @Nullable [] head) {
    Content byName = ofName(path);
    Optional<FileSignature> signature =
        head == null || !byName.dependsOnBytes() ? Optional.empty() : FileSignature.of(head);
    if (signature.isEmpty()) {
      return head != null && byName.type() == Type.UNKNOWN ? of(Type.SIDECAR) : byName;
    }
    return switch (signature.get().kind()) {
      case POINTER -> of(signature.get());
      case DOCUMENT ->
          byName.type() == Type.UNKNOWN
              ? of(Type.SIDECAR)
              : refused(ErrorKind.FORMAT_NOT_READ, signature.get().refusal());
      default ->
          // A raw photograph begins as a TIFF or a JPEG does.
          RAW.contains(extension(path)) ? byName : of(signature.get());
    };
  }

  private static Content of(FileSignature signature) {
    if (isImage(signature)) {
      return of(Type.IMAGE);
    }
    Optional<ArchiveFormat> format = Formats.ofSignature(signature);
    if (format.isPresent()) {
      // Where its parts are found depends on its name.
      return format.get().isInParts()
          ? unread(
              "a %s file without .%s behind its name"
                  .formatted(signature.title(), signature.title().toLowerCase(Locale.ROOT)))
          : of(format.get());
    }
    return switch (signature) {
      case HEIC, AVIF, PARQUET -> unread(signature.title());
      default ->
          signature.kind() == FileSignature.Kind.DOCUMENT
              ? of(Type.SIDECAR)
              : refused(ErrorKind.FORMAT_NOT_READ, signature.refusal());
    };
  }

  /** Whether bytes begin as a picture does that is read. */
  public static boolean isImage(byte[] head) {
    return FileSignature.of(head).filter(Content::isImage).isPresent();
  }

  private static boolean isImage(FileSignature signature) {
    return signature.kind() == FileSignature.Kind.IMAGE
        && (!HEIF.containsValue(signature.title()) || ImageDecoder.readsHeif());
  }

  /**
   * Returns why an archive cannot be walked: its bytes are of another format, or the walk's error.
   *
   * @param head of the archive
   * @param said by the walk
   */
  public static String whyUnreadable(String name, byte[] head, String said) {
    return FileSignature.of(head)
        .filter(signature -> !expected(name).contains(signature))
        .map(
            signature ->
                signature.kind() == FileSignature.Kind.POINTER
                    ? signature.refusal()
                    : "its bytes are %s, which is not what its name says"
                        .formatted(signature.title()))
        .orElse(said);
  }

  /** The signatures of archives with such a name; none if it is no archive's. */
  private static List<FileSignature> expected(String name) {
    return Formats.ofName(name).map(ArchiveFormat::signatures).orElse(List.of());
  }

  /** The last part of a path. */
  public static String fileName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /**
   * Returns the key under which a sidecar is counted: its extension in lower case, or its name if
   * it has none.
   */
  public static String extension(String path) {
    String name = fileName(path);
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }
}
