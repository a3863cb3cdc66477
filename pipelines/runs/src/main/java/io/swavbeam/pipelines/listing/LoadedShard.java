package io.swavbeam.pipelines.listing;

import io.swavbeam.model.config.Digest;
import io.swavbeam.pipelines.archive.BytesRef;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.archive.StreamedRef;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.beam.sdk.annotations.Internal;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The images of an output shard in memory.
 *
 * @param images the images in order
 * @param contents their bytes, if they are part of the shard; else empty
 */
@Internal
public record LoadedShard(List<? extends InputRef> images, List<byte[]> contents) {
  static final int ID_LENGTH = 24;

  /** Returns the bytes of an image, or null if they are read by its reference. */
  public byte @Nullable [] content(int image) {
    return contents.isEmpty() ? null : contents.get(image);
  }

  /** Returns the number of images, not counting archives that are read from their beginning. */
  public long singleImages() {
    return images.stream().filter(image -> !(image instanceof StreamedRef)).count();
  }

  /** Returns a shard with some of the images. */
  public LoadedShard filter(Predicate<InputRef> wanted) {
    List<InputRef> keptImages = new ArrayList<>();
    List<byte[]> keptContents = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      if (wanted.test(images.get(i))) {
        keptImages.add(images.get(i));
        if (!contents.isEmpty()) {
          keptContents.add(contents.get(i));
        }
      }
    }
    return new LoadedShard(keptImages, keptContents);
  }

  /** Returns a digest of the names and positions of the images. */
  public String id() {
    Digest digest = new Digest();
    for (InputRef image : images) {
      // A separator, so that different texts cannot have the same concatenation.
      digest
          .add(image.source())
          .add("\0")
          .add(image.name())
          .add(image instanceof StoredRef stored ? stored.offset() : 0)
          .add(length(image))
          .add(image.position());
    }
    return digest.hex(ID_LENGTH);
  }

  private static long length(InputRef image) {
    return image instanceof StoredRef stored ? stored.length() : ((BytesRef) image).length();
  }
}
