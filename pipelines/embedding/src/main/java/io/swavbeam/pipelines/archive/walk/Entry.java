package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.StreamedRef;
import org.checkerframework.checker.nullness.qual.Nullable;

/** An entry of the input. Each entry is of exactly one of these kinds. */
public sealed interface Entry {
  /**
   * An image.
   *
   * @param bytes of its file, until the reader moves on; null if it is read by its reference
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Image(ImageRef ref, byte @Nullable [] bytes) implements Entry {}

  /**
   * An archive, or a part of one, that has to be read from its beginning: {@link
   * ArchiveReader#read} tells the entries in it.
   */
  record Streamed(StreamedRef ref) implements Entry {}

  /** An entry that cannot be used, or an archive of which a part cannot be. */
  record Unusable(DeadLetter letter) implements Entry {}

  /** A file that stands beside images and is none. */
  record Sidecar(String name) implements Entry {}
}
