package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.schema.RecordSchema;
import java.io.Serializable;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * Names something of the input without its bytes: an image, or a part of the input that holds many.
 *
 * <p>An image is its {@link #source} and its {@link #position} there: the two are unique, whatever
 * the image is called.
 */
@DefaultSchema(RecordSchema.class)
public sealed interface InputRef extends Serializable permits BytesRef, StoredRef {
  /**
   * What the image is an entry of: the file, or an archive in it, {@code outer.tar!/inner.tar}; the
   * topic, for one that came in a message.
   */
  String source();

  /** The place of the entry in its source. */
  long position();

  /** Returns the name: the path in the archive, or the path of the file below the folder. */
  String name();
}
