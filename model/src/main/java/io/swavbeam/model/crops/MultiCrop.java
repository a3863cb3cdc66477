package io.swavbeam.model.crops;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.config.SwavConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.Result;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;
import org.tensorflow.types.TUint8;

/**
 * The multi-crop augmentation of SwAV (arXiv:2006.09882, section 3.2): of each image, some large
 * and many small random crops, changed in colour.
 *
 * <p>A crop is a pure function of (seed, position, crop number) and the image, whatever the thread,
 * the batch or the number of threads.
 *
 * <p>Safe for use by several threads at once.
 */
public final class MultiCrop implements AutoCloseable {
  private final SwavConfig config;
  private final CropResizer resizer;
  private final ColorAugmentation colors = new ColorAugmentation();

  public MultiCrop(SwavConfig config) {
    this.config = config;
    int[] sizes =
        config.crops().stream()
            .flatMapToInt(spec -> IntStream.generate(spec::size).limit(spec.count()))
            .toArray();
    resizer = new CropResizer(sizes);
  }

  /**
   * Begins the crops of some images.
   *
   * @param images how many there will be
   * @param seed of the run
   * @param firstPosition of the first image in the training run; the others follow it
   */
  public Batch batch(int images, long seed, long firstPosition) {
    return new Batch(images, seed, firstPosition);
  }

  /** The crops of some images, in the making. */
  public final class Batch implements AutoCloseable {
    private final int images;
    private final long seed;
    private final long firstPosition;
    private final List<TUint8> groups = new ArrayList<>();
    private final List<List<CropParameters>> parameters = new ArrayList<>();
    private int added;

    private Batch(int images, long seed, long firstPosition) {
      this.images = images;
      this.seed = seed;
      this.firstPosition = firstPosition;
      for (CropSpec spec : config.crops()) {
        groups.add(TUint8.tensorOf(Shape.of(spec.count(), images, spec.size(), spec.size(), 3)));
      }
      for (int view = 0; view < config.views(); view++) {
        parameters.add(new ArrayList<>());
      }
    }

    /**
     * Takes the crops of the next image.
     *
     * @param image {@code [height, width, 3] uint8}; it stays the caller's
     */
    public void add(TUint8 image) {
      int height = (int) image.shape().get(0);
      int width = (int) image.shape().get(1);
      List<CropBox> boxes = new ArrayList<>();
      forEachView(
          (view, group, spec) -> {
            CropParameters drawn =
                CropParameters.draw(
                    seed, firstPosition + added, view, height, width, spec, config.augmentation());
            parameters.get(view).add(drawn);
            boxes.add(drawn.box());
          });
      try (Result crops = resizer.crop(image, boxes)) {
        int[] inGroup = new int[groups.size()];
        forEachView(
            (view, group, spec) -> {
              TUint8 crop = (TUint8) crops.get(view);
              long at = ((long) inGroup[group]++ * images + added) * crop.size();
              copy(crop, groups.get(group), at);
            });
      }
      added++;
    }

    /**
     * Changes the colours of all crops and hands them out.
     *
     * @return for each crop size {@code [count, images, size, size, 3] uint8}, to be closed by the
     *     caller
     */
    public List<TUint8> finish() {
      if (added != images) {
        throw new IllegalStateException("%d of %d images were added".formatted(added, images));
      }
      int[] inGroup = new int[groups.size()];
      forEachView(
          (view, group, spec) -> {
            long length = (long) images * spec.size() * spec.size() * 3;
            long at = inGroup[group]++ * length;
            // One view at a time keeps the float copies of a batch shard small.
            try (TUint8 plain = TUint8.tensorOf(Shape.of(images, spec.size(), spec.size(), 3))) {
              data(groups.get(group)).slice(at, length).copyTo(data(plain), length);
              try (TUint8 changed = colors.apply(plain, parameters.get(view))) {
                copy(changed, groups.get(group), at);
              }
            }
          });
      List<TUint8> finished = List.copyOf(groups);
      groups.clear();
      return finished;
    }

    /** Frees what was not handed out. */
    @Override
    public void close() {
      groups.forEach(TUint8::close);
      groups.clear();
    }
  }

  private interface ViewAction {
    void accept(int view, int group, CropSpec spec);
  }

  private void forEachView(ViewAction action) {
    int view = 0;
    for (int group = 0; group < config.crops().size(); group++) {
      CropSpec spec = config.crops().get(group);
      for (int i = 0; i < spec.count(); i++) {
        action.accept(view++, group, spec);
      }
    }
  }

  private static void copy(TUint8 from, TUint8 to, long at) {
    data(from).copyTo(data(to).slice(at, from.size()), from.size());
  }

  private static ByteDataBuffer data(TUint8 tensor) {
    return tensor.asRawTensor().data();
  }

  @Override
  public void close() {
    resizer.close();
    colors.close();
  }
}
