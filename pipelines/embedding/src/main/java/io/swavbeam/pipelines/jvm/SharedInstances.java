package io.swavbeam.pipelines.jvm;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Expensive instances that the threads of a process share. An instance is created for its first
 * reference and closed with its last one.
 *
 * @param <K> the keys of the instances
 * @param <V> the instances, which must be thread-safe
 */
public final class SharedInstances<K, V> {
  private static final class Entry<V> {
    final V value;
    int references;

    Entry(V value) {
      this.value = value;
    }
  }

  private final Function<K, V> factory;
  private final Consumer<V> closer;
  private final Map<K, Entry<V>> entries = new HashMap<>();

  /**
   * @param factory creates the instance of a key
   * @param closer closes an instance
   */
  public SharedInstances(Function<K, V> factory, Consumer<V> closer) {
    this.factory = factory;
    this.closer = closer;
  }

  /** A reference to a shared instance. Closing it again has no effect. */
  public final class Reference implements AutoCloseable {
    private final K key;
    private final V value;
    private final AtomicBoolean givenBack = new AtomicBoolean();

    private Reference(K key, V value) {
      this.key = key;
      this.value = value;
    }

    public V get() {
      return value;
    }

    @Override
    public void close() {
      if (givenBack.compareAndSet(false, true)) {
        giveBack(key);
      }
    }
  }

  /** Acquires the instance of a key. Waits while another thread creates it. */
  public synchronized Reference acquire(K key) {
    Entry<V> entry = entries.get(key);
    if (entry == null) {
      entry = new Entry<>(factory.apply(key));
      entries.put(key, entry);
    }
    entry.references++;
    return new Reference(key, entry.value);
  }

  private synchronized void giveBack(K key) {
    Entry<V> entry = entries.get(key);
    entry.references--;
    if (entry.references == 0) {
      entries.remove(key);
      closer.accept(entry.value);
    }
  }
}
