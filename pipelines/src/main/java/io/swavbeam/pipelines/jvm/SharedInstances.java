package io.swavbeam.pipelines.jvm;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Expensive things that all threads of a process share: made for the first who asks, closed after
 * the last one has given back.
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

  /** Something lent, to be given back once by closing this. */
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

  /** Lends what belongs to a key; whoever comes while it is being made waits. */
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
