package io.swavbeam.pipelines.archive;

import java.util.Locale;
import java.util.Optional;

/** What kind of archive a file is, by its name. */
enum ArchiveType {
  IMAGE,
  TAR,
  TAR_GZ,
  ZIP,
  CIFAR,
  IDX,
  IDX_GZ;

  /** The format of what streams from the file. */
  ArchiveFormat format() {
    return switch (this) {
      case TAR, TAR_GZ -> new TarFormat();
      case CIFAR -> new CifarFormat();
      case IDX, IDX_GZ -> new IdxFormat();
      case IMAGE, ZIP -> throw new IllegalStateException(this + " is not read as a stream");
    };
  }

  /** The type of a file, or nothing where it is none of them. */
  static Optional<ArchiveType> of(String uri) {
    String name = uri.substring(uri.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    if (ImageNames.isImage(name)) {
      return Optional.of(IMAGE);
    }
    if (name.endsWith(".tar")) {
      return Optional.of(TAR);
    }
    if (name.endsWith(".tar.gz") || name.endsWith(".tgz")) {
      return Optional.of(TAR_GZ);
    }
    if (name.endsWith(".zip")) {
      return Optional.of(ZIP);
    }
    if (name.endsWith("_batch.bin") || name.matches("data_batch_.*\\.bin")) {
      return Optional.of(CIFAR);
    }
    if (name.contains("idx3-ubyte")) {
      return Optional.of(name.endsWith(".gz") ? IDX_GZ : IDX);
    }
    return Optional.empty();
  }

  /** Whether a file belongs to an archive beside it, so that nobody need hear of it. */
  static boolean isCompanion(String uri) {
    String name = uri.substring(uri.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    return name.contains("idx1-ubyte");
  }
}
