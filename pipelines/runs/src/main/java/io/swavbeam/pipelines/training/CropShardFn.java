package io.swavbeam.pipelines.training;

import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.crops.MultiCrop;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.Picture;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.training.BatchShard;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.read.ImageReader;
import io.swavbeam.pipelines.jvm.MemoryBudget;
import io.swavbeam.pipelines.jvm.SharedInstances;
import io.swavbeam.pipelines.manifest.ImageOrder;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.storage.PassingErrors;
import io.swavbeam.pipelines.trainer.TrainerConnection;
import io.swavbeam.pipelines.trainer.TrainerEndpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Distribution;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;

/**
 * A function that computes a batch shard by its number and sends it to the trainer: reads its
 * images, crops them, and returns when the trainer has received them. Pixels are sent only to the
 * trainer, so they are never shuffled.
 *
 * <p>An image that cannot be read or decoded is reported to the trainer, and replaced by the next
 * image of the epoch.
 *
 * <p>Metrics (namespace of this class): counters {@code images} and {@code failures}, and of these
 * {@code failuresOfReading} and {@code failuresOfDecoding}; distributions {@code readMicros},
 * {@code decodeMicros} and {@code cropMicros} per image; {@code submitMicros} per batch shard,
 * including the wait for the trainer.
 */
final class CropShardFn extends DoFn<Long, Void> {
  // The largest number of dead letters in a message.
  private static final int MAX_LETTERS = 1000;

  private static final SharedInstances<Cropping.Key, Cropping> CROPPING =
      new SharedInstances<>(Cropping::new, Cropping::close);

  private final RunConfig run;
  private final TrainerEndpoint endpoint;
  private final ImageLimits limits;
  private final Counter images = Metrics.counter(CropShardFn.class, "images");
  private final Counter failures = Metrics.counter(CropShardFn.class, "failures");
  private final Counter unreadable = Metrics.counter(CropShardFn.class, "failuresOfReading");
  private final Counter undecodable = Metrics.counter(CropShardFn.class, "failuresOfDecoding");
  private final Distribution readMicros = Metrics.distribution(CropShardFn.class, "readMicros");
  private final Distribution decodeMicros = Metrics.distribution(CropShardFn.class, "decodeMicros");
  private final Distribution cropMicros = Metrics.distribution(CropShardFn.class, "cropMicros");
  private final Distribution submitMicros = Metrics.distribution(CropShardFn.class, "submitMicros");

  private transient SharedInstances<Cropping.Key, Cropping>.Reference cropping;
  private transient ImageReader reader;
  private transient TrainerConnection trainer;

  CropShardFn(RunConfig run, TrainerEndpoint endpoint, ImageLimits limits) {
    this.run = run;
    this.limits = limits;
    this.endpoint = endpoint;
  }

  /** The state that all threads share: the decoder and the order of the images. */
  private static final class Cropping {
    record Key(RunConfig run, TrainerEndpoint trainer) {}

    final Manifest manifest;
    final ImageOrder order;
    final ImageDecoder decoder;
    final MultiCrop crops;

    Cropping(Key key) {
      try (TrainerConnection trainer = key.trainer().connect()) {
        manifest = trainer.manifest();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      order = ImageOrder.of(key.run().shuffle(), key.run().seed(), manifest.size());
      decoder = new ImageDecoder(key.run().decoding());
      crops = new MultiCrop(key.run().recipe());
    }

    void close() {
      decoder.close();
      manifest.close();
    }
  }

  @Setup
  public void setup() {
    cropping = CROPPING.acquire(new Cropping.Key(run, endpoint));
    reader = new ImageReader(limits);
    trainer = endpoint.connect();
  }

  @ProcessElement
  public synchronized void process(@Element Long number) {
    if (cropping == null) {
      throw new IllegalStateException("torn down while a batch shard was waiting");
    }
    SwavConfig recipe = run.recipe();
    long step = number / recipe.shardsPerStep();
    int index = (int) (number % recipe.shardsPerStep());
    if (step < trainer.progress().nextStep()) {
      return; // the trainer has applied the step already
    }
    long first = step * recipe.batchSize() + (long) index * recipe.shardSize();
    List<DeadLetter> deadLetters = new ArrayList<>();
    reader.prefetch(images(first, recipe.shardSize()));
    try (MultiCrop.Batch batch =
        cropping.get().crops.batch(recipe.shardSize(), run.seed(), first)) {
      for (int i = 0; i < recipe.shardSize(); i++) {
        addImageAt(first + i, batch, deadLetters);
      }
      BatchShard shard = new BatchShard(step, index, batch.finish(), deadLetters);
      long start = System.nanoTime();
      trainer.submit(shard);
      submitMicros.update(microsSince(start));
    }
    images.inc(recipe.shardSize());
    failures.inc(deadLetters.size());
  }

  /** Returns the images at some positions, if all can be read. */
  private List<ImageRef> images(long first, int count) {
    return LongStream.range(first, first + count)
        .map(position -> cropping.get().order.imageOf(position, 0))
        .mapToObj(cropping.get().manifest::get)
        .toList();
  }

  /** Crops the image at a position, or the first readable image after it in the same epoch. */
  @SuppressWarnings("try") // memory is held, not used
  private void addImageAt(long position, MultiCrop.Batch batch, List<DeadLetter> deadLetters) {
    long all = cropping.get().manifest.size();
    for (long substitute = 0; substitute < all; substitute++) {
      long image = cropping.get().order.imageOf(position, substitute);
      ImageRef ref = cropping.get().manifest.get(image);
      try (MemoryBudget.Share encoded = MemoryBudget.ENCODED.take(reader.memory(ref))) {
        long start = System.nanoTime();
        byte[] bytes = reader.read(ref);
        readMicros.update(microsSince(start));
        add(bytes, ref.encoding(), batch);
        return;
      } catch (UndecodableImageException e) {
        undecodable.inc();
        deadLetters.add(letter(ref, "decode", e.kind(), e.getMessage()));
      } catch (IOException e) {
        unreadable.inc();
        deadLetters.add(letter(ref, "read", PassingErrors.kind(e), PassingErrors.describe(e)));
      }
    }
    String failure =
        "none of the %d images can be read: %s".formatted(all, deadLetters.get(0).error());
    trainer.abort(failure, deadLetters.subList(0, Math.min(MAX_LETTERS, deadLetters.size())));
    throw new TrainingFailedException(failure);
  }

  private static DeadLetter letter(ImageRef ref, String stage, ErrorKind kind, String why) {
    return new DeadLetter(ref.source(), ref.name(), stage, why, kind);
  }

  @SuppressWarnings("try") // memory is held, not used
  private void add(byte[] bytes, ImageEncoding encoding, MultiCrop.Batch batch)
      throws UndecodableImageException {
    try (MemoryBudget.Share decoded =
        MemoryBudget.PIXELS.take(ImageDecoder.memory(bytes, encoding))) {
      long start = System.nanoTime();
      try (Picture image =
          cropping.get().decoder.decode(bytes, encoding, limits, batch::reduction)) {
        decodeMicros.update(microsSince(start));
        start = System.nanoTime();
        batch.add(image);
        cropMicros.update(microsSince(start));
      }
    }
  }

  private static long microsSince(long start) {
    return (System.nanoTime() - start) / 1_000;
  }

  // A runner may tear down after a failure while another thread is still cropping. The tensors of
  // that thread must not be freed.
  @Teardown
  public synchronized void teardown() throws IOException {
    if (reader != null) {
      reader.close();
    }
    if (cropping != null) {
      cropping.close();
      cropping = null;
    }
    if (trainer != null) {
      trainer.close();
    }
  }
}
