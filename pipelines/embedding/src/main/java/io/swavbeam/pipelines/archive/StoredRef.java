package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.storage.Location;

/** Names something whose bytes are in a file. */
public sealed interface StoredRef extends InputRef permits ImageRef, StreamedRef {
  /** The file that holds it. */
  Location file();

  /** The place of its first byte in the file. */
  long offset();

  /** Bytes that it has in the file. */
  long length();
}
