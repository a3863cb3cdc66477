package io.swavbeam.pipelines.archive;

import io.swavbeam.pipelines.schema.RecordSchema;
import java.io.Serializable;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * A reference to an image, or to a part of the input with many images, without their bytes.
 *
 * <p>An image is identified by its {@link #source} and its {@link #position} there. Names are not
 * unique.
 */
@DefaultSchema(RecordSchema.class)
public sealed interface InputRef extends Serializable permits BytesRef, StoredRef {
  /**
   * Returns the file or the archive that contains the image, {@code outer.tar!/inner.tar} for an
   * archive in an archive. For an image in a message, returns the topic.
   */
  String source();

  /** Returns the position of the entry in its source. */
  long position();

  /** Returns the path in the archive, or the path of the file below the input folder. */
  String name();
}
