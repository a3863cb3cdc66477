package io.swavbeam.model.inference;

import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.crops.CenterCrop;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.Picture;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Hardware;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.SessionFunction;
import org.tensorflow.exceptions.TFResourceExhaustedException;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TUint8;

/**
 * An exported network that embeds images in batches.
 *
 * <p>Safe for use by several threads at once. Each thread uses a {@link Batch} of its own.
 */
public final class Embedder implements AutoCloseable {
  /** Number of attempts to load a model that is being replaced. */
  private static final int ATTEMPTS = 5;

  private final ModelDescription description;
  private final CenterCrop crop;
  private final SavedModelBundle bundle;
  private final SessionFunction embed;
  private final long modelBytes;
  // The largest batch that the device has memory for, as far as is known. All batches share it.
  private final AtomicInteger batchLimit = new AtomicInteger(Integer.MAX_VALUE);

  private Embedder(
      ModelDescription description,
      SavedModelBundle bundle,
      SessionFunction embed,
      long modelBytes) {
    this.modelBytes = modelBytes;
    this.description = description;
    this.bundle = bundle;
    this.embed = embed;
    crop = new CenterCrop(description.evaluation());
  }

  /** Loads a network in float32, with the decoding of its training. */
  public static Embedder load(Path model) {
    return load(model, Precision.FLOAT32);
  }

  /** Loads a network, with the decoding of its training. */
  public static Embedder load(Path model, Precision precision) {
    return load(model, precision, describe(model).present(), Hardware.devices(Hardware.AUTO));
  }

  /**
   * Loads a network.
   *
   * @param model a run directory with a {@code saved_model/}, or such a folder
   * @param precision type of the backbone's activations, one of {@link SavedNetwork#PRECISIONS}
   * @param decoding decoding of the pictures; the id of the model includes it
   * @param device the device that computes: the first of these
   * @throws InvalidConfigException in one line, if there is no model, or it is damaged
   */
  public static Embedder load(
      Path model, Precision precision, DecodingConfig decoding, Devices device) {
    String signature = SavedNetwork.signature(precision);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      ModelDescription description = describe(model);
      Path folder = find(model);
      SavedModelBundle bundle;
      try {
        bundle = SavedNetwork.load(folder, device);
      } catch (InvalidConfigException e) {
        if (describe(model).equals(description)) {
          throw e;
        }
        continue; // replaced while it was read
      }
      // The rows name the described model, so that must be the model that was loaded.
      if (describe(model).equals(description)) {
        return of(bundle, folder, description.in(precision, decoding), signature, precision);
      }
      bundle.close();
    }
    throw new InvalidConfigException("%s is being replaced again and again".formatted(model));
  }

  private static Embedder of(
      SavedModelBundle bundle,
      Path folder,
      ModelDescription description,
      String signature,
      Precision precision) {
    if (bundle.signatures().stream().noneMatch(known -> known.key().equals(signature))) {
      bundle.close();
      throw new InvalidConfigException(
          ErrorKind.EARLIER_MODEL, folder, "%s cannot be used in %s".formatted(folder, precision));
    }
    return new Embedder(description, bundle, bundle.function(signature), size(folder));
  }

  private static long size(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException | UncheckedIOException e) {
      return 0; // replaced at this very moment: a number for a dashboard is no reason to fail
    }
  }

  /**
   * Returns the description of a network without loading it.
   *
   * @throws InvalidConfigException in one line, if there is none
   */
  public static ModelDescription describe(Path model) {
    Path file = find(model).resolve(ModelDescription.FILE);
    try {
      return ModelDescription.read(Files.readString(file), file.toString());
    } catch (IOException e) {
      throw new InvalidConfigException("%s cannot be read: %s".formatted(file, e), e);
    }
  }

  /**
   * Returns the folder of a model.
   *
   * @param model a run directory with a {@code saved_model/}, or such a folder
   * @throws InvalidConfigException in one line, if there is none
   */
  public static Path find(Path model) {
    if (Files.isRegularFile(model.resolve(ModelDescription.FILE))) {
      return model;
    }
    Path inRun = RunDirectory.savedModel(model);
    // The second folder exists while a model is being replaced, and after a power failure at that
    // moment.
    for (Path folder : new Path[] {inRun, AtomicFiles.replaced(inRun)}) {
      if (Files.isRegularFile(folder.resolve(ModelDescription.FILE))) {
        return folder;
      }
    }
    boolean isRun = Files.isDirectory(RunDirectory.checkpoints(model));
    throw new InvalidConfigException(
        isRun ? ErrorKind.NOT_EXPORTED : ErrorKind.NO_MODEL,
        model,
        "%s holds no trained model%s".formatted(model, isRun ? " yet" : ""));
  }

  public ModelDescription description() {
    return description;
  }

  /** Returns the bytes of the files of the model. */
  public long modelBytes() {
    return modelBytes;
  }

  /**
   * Creates a batch.
   *
   * @param capacity the largest number of its images
   */
  public Batch batch(int capacity) {
    return new Batch(capacity);
  }

  /** A batch of images. Not safe for use by several threads at once. */
  public final class Batch implements AutoCloseable {
    private final int capacity;
    private final TUint8 images;
    private int size;

    private Batch(int capacity) {
      this.capacity = capacity;
      int side = description.evaluation().imageSize();
      images = TUint8.tensorOf(Shape.of(capacity, side, side, 3));
    }

    /**
     * Adds an image. The batch must not be full.
     *
     * @param image {@code [height, width, 3] uint8}; the caller keeps it
     */
    public void add(TUint8 image) {
      add(Picture.whole(image));
    }

    /** Returns by which factor an image may be reduced while it is decoded. */
    public int reduction(int height, int width) {
      return crop.reduction(height, width);
    }

    /**
     * Adds an image. The batch must not be full.
     *
     * @param image the image; the caller keeps it
     */
    public void add(Picture image) {
      if (isFull()) {
        throw new IllegalStateException("the batch is full");
      }
      crop.write(image, images, size);
      size++;
    }

    /** Removes all images. */
    public void clear() {
      size = 0;
    }

    public int size() {
      return size;
    }

    public boolean isFull() {
      return size == capacity;
    }

    /** Embeds the images, in order, and removes them. */
    public List<ImageEmbedding> embed() {
      return embed(() -> {});
    }

    /**
     * Embeds the images, in order, and removes them. If the device has too little memory for the
     * batch, embeds halves of it, quarters and so on. Later batches of this embedder are not larger
     * than what fitted.
     *
     * @param onHalving called each time the limit is halved
     * @throws TFResourceExhaustedException if there is too little memory for one image
     */
    public List<ImageEmbedding> embed(Runnable onHalving) {
      List<ImageEmbedding> embeddings = new ArrayList<>(size);
      while (embeddings.size() < size) {
        int count = Math.min(size - embeddings.size(), batchLimit.get());
        try {
          embeddings.addAll(embedPart(embeddings.size(), count));
        } catch (TFResourceExhaustedException e) {
          if (count == 1) {
            throw e;
          }
          // Another thread may have halved the limit meanwhile, for the same reason.
          if (batchLimit.getAndAccumulate(count / 2, Math::min) > count / 2) {
            onHalving.run();
          }
        }
      }
      size = 0;
      return embeddings;
    }

    private List<ImageEmbedding> embedPart(int first, int count) {
      if (count == capacity) {
        return Embedder.this.embed(images);
      }
      long side = description.evaluation().imageSize();
      try (TUint8 part = TUint8.tensorOf(Shape.of(count, side, side, 3))) {
        images
            .asRawTensor()
            .data()
            .slice(first * side * side * 3, part.size())
            .copyTo(part.asRawTensor().data(), part.size());
        return Embedder.this.embed(part);
      }
    }

    @Override
    public void close() {
      images.close();
    }
  }

  /**
   * Embeds a whole batch.
   *
   * @param images {@code [batch, height, width, 3] uint8}; the caller keeps them
   */
  List<ImageEmbedding> embed(TUint8 images) {
    try (Result result = embed.call(Map.of(SavedNetwork.IMAGES, images))) {
      int rows = (int) images.shape().get(0);
      float[][] features = rows(result, SavedNetwork.FEATURES, rows);
      float[][] projections = rows(result, SavedNetwork.PROJECTION, rows);
      float[][] scores = rows(result, SavedNetwork.SCORES, rows);
      List<ImageEmbedding> embeddings = new ArrayList<>(rows);
      for (int row = 0; row < rows; row++) {
        Integer cluster = scores == null ? null : largest(scores[row]);
        embeddings.add(
            new ImageEmbedding(
                features[row],
                projections == null ? null : projections[row],
                cluster,
                cluster == null ? null : softmax(scores[row], cluster)));
      }
      return embeddings;
    }
  }

  /** Returns the rows of an output of the network; null if the network does not have it. */
  private static float @Nullable [][] rows(Result result, String output, int count) {
    TFloat32 tensor = (TFloat32) result.get(output).orElse(null);
    if (tensor == null) {
      return null;
    }
    var data = tensor.asRawTensor().data().asFloats();
    int width = Math.toIntExact(tensor.size() / count);
    float[][] rows = new float[count][width];
    for (int row = 0; row < count; row++) {
      data.slice((long) row * width, width).read(rows[row]);
    }
    return rows;
  }

  private static int largest(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }

  private float softmax(float[] scores, int best) {
    double sum = 0;
    for (float score : scores) {
      sum += Math.exp((score - scores[best]) / description.temperature());
    }
    return (float) (1 / sum);
  }

  @Override
  public void close() {
    bundle.close();
  }
}
