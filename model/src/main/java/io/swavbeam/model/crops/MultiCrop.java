package io.swavbeam.model.crops;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.image.Picture;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TUint8;

/**
 * The multi-crop augmentation of SwAV (arXiv:2006.09882, section 3.2): a few large and several
 * small random crops of each image, with colour augmentation.
 *
 * <p>A crop is a pure function of the image and of (seed, position, crop number). It does not
 * depend on the thread, the batch or the number of threads.
 *
 * <p>Thread-safe.
 */
public final class MultiCrop {
  private final SwavConfig config;

  public MultiCrop(SwavConfig config) {
    this.config = config;
  }

  /**
   * Begins the crops of a number of images.
   *
   * @param images the number of images
   * @param seed the seed of the run
   * @param firstPosition the position of the first image in the training run; the others follow
   */
  public Batch batch(int images, long seed, long firstPosition) {
    return new Batch(images, seed, firstPosition);
  }

  /**
   * Returns how far an image may be reduced. Each of its boxes stays at least twice as large as the
   * crop. A pure function of its arguments.
   *
   * @param position the position of the image in the training run
   * @param height the height of the image in pixels
   * @param width the width of the image in pixels
   * @return 1, 2, 4 or 8
   */
  public int reduction(long seed, long position, int height, int width) {
    int view = 0;
    double least = Double.MAX_VALUE;
    for (CropSpec spec : config.crops()) {
      for (int i = 0; i < spec.count(); i++) {
        CropBox box =
            CropParameters.draw(seed, position, view++, height, width, spec, config.augmentation())
                .box();
        least = Math.min(least, (double) Math.min(box.height(), box.width()) / spec.size());
      }
    }
    return Picture.Reduction.leaving(CenterCrop.SPARE, least);
  }

  /** The crops of some images while they are computed. Not thread-safe. */
  public final class Batch implements AutoCloseable {
    private final int images;
    private final long seed;
    private final long firstPosition;
    private final List<TUint8> groups = new ArrayList<>();
    private final CropResizer resizer = new CropResizer();
    private final ColorAugmentation colors = new ColorAugmentation();
    private int added;

    private Batch(int images, long seed, long firstPosition) {
      this.images = images;
      this.seed = seed;
      this.firstPosition = firstPosition;
      for (CropSpec spec : config.crops()) {
        groups.add(TUint8.tensorOf(Shape.of(spec.count(), images, spec.size(), spec.size(), 3)));
      }
    }

    /** Returns how far the next image may be reduced, see {@link MultiCrop#reduction}. */
    public int reduction(int height, int width) {
      return MultiCrop.this.reduction(seed, firstPosition + added, height, width);
    }

    /**
     * Computes the crops of the next image.
     *
     * @param image {@code [height, width, 3] uint8}; not closed
     */
    public void add(TUint8 image) {
      add(Picture.whole(image));
    }

    /**
     * Computes the crops of the next image.
     *
     * @param picture the image; not closed
     */
    public void add(Picture picture) {
      int view = 0;
      for (int group = 0; group < groups.size(); group++) {
        CropSpec spec = config.crops().get(group);
        byte[] crop = new byte[spec.size() * spec.size() * 3];
        for (int i = 0; i < spec.count(); i++) {
          CropParameters drawn =
              CropParameters.draw(
                  seed,
                  firstPosition + added,
                  view++,
                  picture.height(),
                  picture.width(),
                  spec,
                  config.augmentation());
          resizer.crop(picture, drawn.box(), spec.size(), crop);
          colors.apply(crop, spec.size(), drawn);
          long at = ((long) i * images + added) * crop.length;
          groups.get(group).asRawTensor().data().offset(at).write(crop);
        }
      }
      added++;
    }

    /**
     * Returns the crops.
     *
     * @return for each crop size, {@code [count, images, size, size, 3] uint8}, to be closed by the
     *     caller
     */
    public List<TUint8> finish() {
      if (added != images) {
        throw new IllegalStateException("%d of %d images were added".formatted(added, images));
      }
      List<TUint8> finished = List.copyOf(groups);
      groups.clear();
      return finished;
    }

    /** Closes the crops if they were not returned. */
    @Override
    public void close() {
      groups.forEach(TUint8::close);
      groups.clear();
    }
  }
}
