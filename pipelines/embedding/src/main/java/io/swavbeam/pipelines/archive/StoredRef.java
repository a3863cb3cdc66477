package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.storage.Location;

/** A reference to something whose bytes are in a file. */
public sealed interface StoredRef extends InputRef permits ImageRef, StreamedRef {
  /** Returns the file. */
  Location file();

  /** Returns the offset of the first byte in the file. */
  long offset();

  /** Returns the number of bytes in the file. */
  long length();
}
