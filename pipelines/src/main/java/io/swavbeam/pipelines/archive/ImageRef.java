package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.ImageEncoding;
import java.io.Serializable;
import org.apache.beam.sdk.coders.DefaultCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Names one image without its bytes. A few hundred bytes, whatever the image's size.
 *
 * @param uri of the file that holds it, for Beam's {@code FileSystems}
 * @param offset of its first byte in that file; for a stream, the length of the file, since one
 *     that has grown is another one
 * @param length in bytes; {@link #WHOLE_STREAM} for a file that has to be read from its beginning
 *     and stands for all the images in it
 * @param packing of those bytes
 * @param encoding of the image
 * @param name path inside the archive, or of the file below the folder that was given
 * @param label class of the image, or null; training never sees it
 */
@DefaultCoder(SerializableCoder.class)
public record ImageRef(
    String uri,
    long offset,
    long length,
    Packing packing,
    ImageEncoding encoding,
    String name,
    @Nullable String label)
    implements Serializable {

  /** How an archive packs the bytes of one image. */
  public enum Packing {
    /** As they are. */
    STORED,
    /** Compressed by the raw deflate method of zip. */
    DEFLATED
  }

  /** The {@link #length} of a reference to all the images of a file that only streams. */
  public static final long WHOLE_STREAM = -1;

  /** Whether this stands for all the images of a file that has to be read from its beginning. */
  public boolean isStream() {
    return length == WHOLE_STREAM;
  }
}
