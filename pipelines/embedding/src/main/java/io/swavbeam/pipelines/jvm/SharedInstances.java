package io.swavbeam.pipelines.jvm;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Expensive instances that all threads of a process share: made for the first caller, closed with
 * the last reference.
 *
 * @param <K> what tells them apart
 * @param <V> safe for use by several threads at once
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
   * @param factory makes what belongs to a key
   * @param closer ends it
   */
  public SharedInstances(Function<K, V> factory, Consumer<V> closer) {
    this.factory = factory;
    this.closer = closer;
  }

  /** A reference to a shared instance; closing it gives it back, once. */
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

  /** Acquires the instance of a key; callers that come while it is being made wait. */
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
