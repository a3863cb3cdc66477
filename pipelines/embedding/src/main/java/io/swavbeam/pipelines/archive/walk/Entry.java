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
   * @param bytes the bytes of its file, valid until the next entry is read; null if it is read by
   *     its reference
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Image(ImageRef ref, byte @Nullable [] bytes) implements Entry {}

  /**
   * An archive, or a part of one, that can only be read from its beginning. {@link
   * ArchiveReader#read} returns its entries.
   */
  record Streamed(StreamedRef ref) implements Entry {}

  /** An entry that cannot be used, or an archive that cannot be read completely. */
  record Unusable(DeadLetter letter) implements Entry {}

  /** A file beside images that is not an image. */
  record Sidecar(String name) implements Entry {}
}
