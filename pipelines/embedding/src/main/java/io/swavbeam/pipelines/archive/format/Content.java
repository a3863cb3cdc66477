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
 * The content of an input entry: an image, an archive, a file beside images, or an image or archive
 * of an unsupported format. The bytes decide if they are available ({@link FileSignature}),
 * otherwise the name.
 *
 * @param type the type of the entry
 * @param refusal the reason why it is not read; empty if it is read
 * @param kind the kind of that error
 * @param format the format of an archive; else null
 */
public record Content(Type type, String refusal, ErrorKind kind, @Nullable ArchiveFormat format) {
  /** The types of entries. */
  public enum Type {
    IMAGE,
    /** An archive of a supported format. */
    ARCHIVE,
    /** A companion file of an archive. */
    COMPANION,
    /** A file beside images that is not an image. */
    SIDECAR,
    /** An image or an archive of an unsupported format. */
    UNREAD,
    /** The name is not sufficient, so the bytes have to be read. */
    UNKNOWN
  }

  /** The number of first bytes that decide. */
  public static final int HEAD = FileSignature.HEAD;

  private static final Content IMAGE = of(Type.IMAGE);

  /** The extensions of supported images. */
  private static final Set<String> IMAGES =
      words(
          """
          jpg jpeg jpe jfif jif pjpeg png apng gif bmp dib webp tif tiff pnm ppm pgm pbm ico tga icb
          vda vst
          """);

  /** The extensions of images that need libheif, with the names of their formats. */
  private static final Map<String, String> HEIF =
      Map.of("heic", "HEIC", "heif", "HEIC", "hif", "HEIC", "avif", "AVIF");

  /** The extensions of raw photographs, which begin like a TIFF with a thumbnail. */
  private static final Set<String> RAW =
      words(
          """
          cr2 cr3 nef arw dng nrw orf rw2 raf pef srw sr2 srf erf kdc dcr mos 3fr iiq crw x3f mef mrw
          rwl gpr fff ptx k25 cap bay
          """);

  /** The extensions of unsupported images and archives, with the names of their formats. */
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

  /** Formats that need an optional library. */
  private static final Map<String, String> LIBRARIES =
      Map.of(FileSignature.PARQUET.title(), "io.swavbeam:swav-parquet");

  /** The extensions of files that are not images, and names of such files without an extension. */
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

  /** Parses lines of a format and its extensions. */
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
          "%s is read by %s, which is not on the class path"
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

  /**
   * Returns whether operating systems and servers create files with this name beside images. Some
   * of them are images.
   */
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

  /** Returns whether an extension is known. Files with other extensions are counted separately. */
  public static boolean isKnown(String extension) {
    return SIDECARS.contains(extension)
        || IMAGES.contains(extension)
        || HEIF.containsKey(extension)
        || RAW.contains(extension)
        || UNREAD.containsKey(extension)
        || Formats.ofName("." + extension).isPresent();
  }

  /** Returns whether the first bytes can give a better answer than the name. */
  public boolean dependsOnBytes() {
    return type == Type.UNKNOWN || type == Type.UNREAD;
  }

  /**
   * Returns the content by name and first bytes.
   *
   * @param head at least {@link #HEAD} bytes, or all of a shorter entry; null if they are not
   *     available
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
          // A raw photograph begins like a TIFF or a JPEG.
          RAW.contains(extension(path)) ? byName : of(signature.get());
    };
  }

  private static Content of(FileSignature signature) {
    if (isImage(signature)) {
      return of(Type.IMAGE);
    }
    Optional<ArchiveFormat> format = Formats.ofSignature(signature);
    if (format.isPresent()) {
      // The parts are found by the name.
      return format.get().isInParts()
          ? unread(
              "a %s file whose name does not end in .%s"
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

  /** Returns whether bytes are the beginning of a supported image. */
  public static boolean isImage(byte[] head) {
    return FileSignature.of(head).filter(Content::isImage).isPresent();
  }

  private static boolean isImage(FileSignature signature) {
    return signature.kind() == FileSignature.Kind.IMAGE
        && (!HEIF.containsValue(signature.title()) || ImageDecoder.readsHeif());
  }

  /**
   * Returns the reason why an archive cannot be listed: its bytes are of another format, or the
   * error of the listing.
   *
   * @param head the first bytes of the archive
   * @param said the error of the listing
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

  /**
   * Returns the signatures of archives with this name; empty if it is not the name of an archive.
   */
  private static List<FileSignature> expected(String name) {
    return Formats.ofName(name).map(ArchiveFormat::signatures).orElse(List.of());
  }

  /** Returns the last part of a path. */
  public static String fileName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /**
   * Returns the key under which a sidecar is counted: its extension in lower case, or its name if
   * it has no extension.
   */
  public static String extension(String path) {
    String name = fileName(path);
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }
}
