package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.image.ImageDecoder;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.model.tensorflow.UnusableDeviceException;
import io.swavbeam.pipelines.jvm.NonRecoverableException;
import io.swavbeam.pipelines.jvm.SharedInstances;
import io.swavbeam.pipelines.jvm.ThreadPriorities;
import io.swavbeam.pipelines.storage.StoreUnavailableException;
import java.util.concurrent.TimeUnit;
import org.apache.beam.sdk.metrics.Distribution;
import org.apache.beam.sdk.metrics.Metrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network of a model, for one thread. It is loaded once in a process and shared by all threads.
 * After the refresh interval, a model that was replaced on disk is loaded, between two batches.
 */
final class ModelHandle implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelHandle.class);
  private static final int ATTEMPTS = 3;
  private static final long PAUSE_MILLIS = 500;
  private static final SharedInstances<Key, Network> LOADED =
      new SharedInstances<>(Network::new, Network::close);

  private final Distribution modelLoadMillis =
      Metrics.distribution(EmbedImages.METRICS, "load_model_latency_milli_secs");
  private final Distribution modelBytes =
      Metrics.distribution(EmbedImages.METRICS, "model_byte_size");
  private final InferenceSettings settings;
  private final long refreshNanos;
  private SharedInstances<Key, Network>.Reference reference;
  private long lastLook = System.nanoTime();

  /** A loaded network: the id includes the precision and the decoding. */
  private record Key(
      String model, Precision precision, String device, DecodingConfig decoding, String id) {}

  /** The state that all threads of a process share. */
  static final class Network {
    final ImageDecoder decoder;
    final Embedder embedder;
    private final long loadMillis;
    private boolean loadReported;

    private Network(Key key) {
      long start = System.nanoTime();
      embedder =
          ThreadPriorities.callAtNormalPriority(
              () ->
                  ModelLocation.of(key.model())
                      .load(key.precision(), key.decoding(), Hardware.devices(key.device())));
      decoder = new ImageDecoder(key.decoding());
      loadMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    private void close() {
      embedder.close();
      decoder.close();
    }
  }

  ModelHandle(InferenceSettings settings) {
    this.settings = settings;
    refreshNanos = settings.modelRefresh().toNanos();
    reference = first();
  }

  /**
   * Loads the network.
   *
   * @throws NonRecoverableException in one line, if there is no model or device, and waiting would
   *     not help
   */
  private SharedInstances<Key, Network>.Reference first() {
    for (int attempt = 1; ; attempt++) {
      try {
        return LOADED.acquire(newest());
      } catch (UnusableDeviceException e) {
        throw new NonRecoverableException(e);
      } catch (InvalidConfigException e) {
        if (attempt == ATTEMPTS) {
          throw new NonRecoverableException(e);
        }
        pause(); // another process may be replacing the model
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private Key newest() {
    ModelDescription newest = ModelLocation.of(settings.model()).describe();
    DecodingConfig decoding = settings.decoding() == null ? newest.present() : settings.decoding();
    return new Key(
        settings.model(),
        settings.precision(),
        settings.device(),
        decoding,
        newest.in(settings.precision(), decoding).id());
  }

  Network get() {
    return reference.get();
  }

  /** Loads a newer model, if the refresh interval is over and there is one. */
  boolean refresh() {
    if (refreshNanos == 0 || System.nanoTime() - lastLook < refreshNanos) {
      return false;
    }
    lastLook = System.nanoTime();
    String current = get().embedder.description().id();
    try {
      Key newest = newest();
      if (newest.id().equals(current)) {
        return false;
      }
      SharedInstances<Key, Network>.Reference next = LOADED.acquire(newest);
      reference.close();
      reference = next;
      LOG.info("model {} instead of {}", newest.id(), current);
      return true;
    } catch (InvalidConfigException | StoreUnavailableException e) {
      // The model is just being replaced, is damaged, or its store does not answer. The next
      // attempt reports that.
      LOG.warn("going on with model {}: {}", current, e.getMessage());
      return false;
    }
  }

  /** Counts the loading of the network, once for all threads. Only threads of Beam have metrics. */
  void reportLoad() {
    Network network = get();
    synchronized (network) {
      if (!network.loadReported) {
        network.loadReported = true;
        modelLoadMillis.update(network.loadMillis);
        modelBytes.update(network.embedder.modelBytes());
      }
    }
  }

  @Override
  public void close() {
    reference.close();
  }
}
