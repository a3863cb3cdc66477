package io.swavbeam.pipelines.archive.walk;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.swavbeam.model.signature.FileSignature;
import io.swavbeam.pipelines.archive.LabelSource;
import io.swavbeam.pipelines.archive.format.Content;
import io.swavbeam.pipelines.archive.format.Member;
import io.swavbeam.pipelines.storage.TextInput;
import java.io.IOException;
import java.io.InputStream;
import java.text.Normalizer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The pairing of the images of an archive with the labels beside them, as in samples of WebDataset:
 * {@code 0001.cls} has the class of {@code 0001.jpg}.
 *
 * <p>The key of an image is its path without the extension. If there is no label with that key,
 * extensions are removed one by one, as for {@code 0001.left.jpg}. The label may precede or follow
 * the image. Images wait for labels: at most the last {@value #MAX_WAITING} of them, or {@value
 * #MAX_BYTES} bytes of images that are in memory. A label that follows later is reported as lost.
 * Images are passed on in their order.
 *
 * <p>A link to a label is a label for its own key. It may precede or follow the label.
 *
 * <p>An instance is for one archive, whose entries must be added in order.
 *
 * @param <T> an image with its context
 */
final class SampleLabels<T> {
  private static final int MAX_LENGTH = 1 << 16;
  private static final int MAX_LABELS = 1 << 17;
  private static final int MAX_WAITING = 1 << 16;
  private static final int MAX_OF_A_SAMPLE = 8;

  /** The largest number of bytes of waiting images of one archive. */
  static final long MAX_BYTES = 16 << 20;

  /** Receives the images in order, and the labels. */
  interface Receiver<T> {
    /**
     * Called for each image.
     *
     * @param label the label of the image, or null
     */
    void image(T image, @Nullable String label);

    /**
     * Called for each label.
     *
     * @param lost the reason in one line why the label is lost; null if it is not lost
     */
    void label(String name, @Nullable String lost);
  }

  private static final class Waiting<T> {
    private final String name;
    private final long bytes;
    private final T image;
    private @Nullable String label;

    Waiting(String name, long bytes, T image) {
      this.name = name;
      this.bytes = bytes;
      this.image = image;
    }
  }

  private final LabelSource source;
  private final Receiver<T> receiver;
  private final Map<String, String> labels = new Latest<>();
  // The links to labels that have not been read yet, by the keys of these labels.
  private final Map<String, List<Member.Link>> links = new LinkedHashMap<>();
  // The keys of images that were passed on without a label.
  private final Map<String, Boolean> without = new Latest<>();
  private final Deque<Waiting<T>> waiting = new ArrayDeque<>();
  private final Map<String, List<Waiting<T>>> waitingByKey = new HashMap<>();
  private long waitingBytes;

  SampleLabels(LabelSource source, Receiver<T> receiver) {
    this.source = source;
    this.receiver = receiver;
  }

  /** Returns whether an entry is the label of a sample. */
  boolean isLabel(String name) {
    return source.isLabel(name) && !Content.isLeftBehind(name);
  }

  /**
   * Adds a label. A label that is empty or longer than 65,536 bytes is ignored. A label that should
   * be JSON and is not is lost.
   */
  void label(String name, InputStream bytes) throws IOException {
    byte[] text = bytes.readNBytes(MAX_LENGTH + 1);
    if (FileSignature.GIT_LFS.matches(text)) {
      receiver.label(name, FileSignature.GIT_LFS.refusal());
      return;
    }
    try {
      label(name, text.length > MAX_LENGTH ? null : source.in(TextInput.decode(text)));
    } catch (JsonProcessingException e) {
      receiver.label(
          name,
          "no label can be read: it is not JSON from line %d, column %d"
              .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr()));
    }
  }

  /** Adds a link whose name is that of a label. */
  void link(Member.Link link) {
    String target = plain(link.path());
    String label = isLabel(target) ? labels.get(withoutExtension(target)) : null;
    if (label == null) {
      links.computeIfAbsent(withoutExtension(target), any -> new ArrayList<>()).add(link);
    } else {
      label(link.name(), label);
    }
  }

  private void label(String name, @Nullable String label) {
    if (label == null) {
      receiver.label(name, null);
      return;
    }
    String key = withoutExtension(plain(name));
    labels.put(key, label);
    for (Waiting<T> image : waitingByKey.getOrDefault(key, List.of())) {
      image.label = label;
    }
    handOn(key);
    receiver.label(
        name,
        without.containsKey(key)
            ? "the label comes too late, more than %,d images or %,d MB after its image: store them next to each other"
                .formatted(MAX_WAITING, MAX_BYTES >> 20)
            : null);
    List<Member.Link> linked = links.remove(key);
    if (linked != null) {
      linked.stream()
          .filter(link -> isLabel(link.path()))
          .forEach(link -> label(link.name(), label));
      linked.removeIf(link -> isLabel(link.path()));
      if (!linked.isEmpty()) {
        links.put(key, linked);
      }
    }
  }

  /**
   * Adds an image, which is passed on when its label is known or cannot follow any more.
   *
   * @param bytes the memory that it takes
   */
  void image(String name, long bytes, T image) {
    Waiting<T> last = new Waiting<>(plain(name), bytes, image);
    String key = withoutExtension(last.name);
    last.label = labels.get(key);
    waiting.add(last);
    waitingByKey.computeIfAbsent(key, any -> new ArrayList<>(1)).add(last);
    waitingBytes += bytes;
    handOn(last.name);
  }

  /** Passes on the first images that need not wait any longer. */
  private void handOn(String newest) {
    while (!waiting.isEmpty()) {
      Waiting<T> first = waiting.peek();
      boolean ofNewest = sample(first.name).equals(sample(newest));
      boolean isFull = waiting.size() > MAX_WAITING || waitingBytes > MAX_BYTES;
      boolean isDone =
          first.label != null
              || (!ofNewest && of(first.name) != null)
              || (isFull && !(ofNewest && waiting.size() <= MAX_OF_A_SAMPLE));
      if (!isDone) {
        return;
      }
      handOnFirst();
    }
  }

  private void handOnFirst() {
    Waiting<T> first = waiting.remove();
    waitingBytes -= first.bytes;
    String key = withoutExtension(first.name);
    List<Waiting<T>> same = waitingByKey.get(key);
    same.remove(first);
    if (same.isEmpty()) {
      waitingByKey.remove(key);
    }
    String label = first.label == null ? of(first.name) : first.label;
    if (label == null) {
      keys(first.name).forEach(each -> without.put(each, true));
    }
    receiver.image(first.image, label);
  }

  /**
   * Passes on all images, and reports the links whose labels were not found.
   *
   * @param target returns the end of a chain of links
   */
  void finish(Function<Member.Link, String> target) {
    List<Member.Link> left = links.values().stream().flatMap(List::stream).toList();
    links.clear();
    for (Member.Link link : left) {
      String path = target.apply(link);
      String label = isLabel(path) ? labels.get(withoutExtension(plain(path))) : null;
      if (label == null) {
        receiver.label(
            link.name(),
            "it is a link to %s, which is not a .%s file of the archive with a label"
                .formatted(link.target(), source.extension()));
      } else {
        label(link.name(), label);
      }
    }
    flush();
  }

  /** Passes on all images. */
  void flush() {
    while (!waiting.isEmpty()) {
      handOnFirst();
    }
  }

  /** Returns the label of an image among those that were read, or null. */
  private @Nullable String of(String image) {
    return keys(image).stream().map(labels::get).filter(Objects::nonNull).findFirst().orElse(null);
  }

  /** Returns the keys of an image, the longest first. */
  private static List<String> keys(String image) {
    String shortest = sample(image);
    List<String> keys = new ArrayList<>(1);
    for (String key = image; key.length() > shortest.length(); ) {
      key = withoutExtension(key);
      keys.add(key);
    }
    return keys;
  }

  /** Normalises a path: removes {@code .} and {@code ..}, and composes characters (NFC). */
  private static String plain(String name) {
    String path =
        name.startsWith("/") || name.startsWith("./") || name.contains("/.") || name.contains("//")
            ? Postponed.plain(name)
            : name;
    return Normalizer.normalize(path, Normalizer.Form.NFC);
  }

  private static String withoutExtension(String name) {
    int dot = name.lastIndexOf('.');
    // A dot at the beginning of a name is not the beginning of an extension.
    return dot > name.lastIndexOf('/') + 1 ? name.substring(0, dot) : name;
  }

  /** Returns the path that all files of a sample share: up to the first dot of the name. */
  private static String sample(String name) {
    int dot = name.indexOf('.', name.lastIndexOf('/') + 2);
    return dot < 0 ? name : name.substring(0, dot);
  }

  /** A map that keeps only the latest {@value #MAX_LABELS} entries. */
  private static final class Latest<V> extends LinkedHashMap<String, V> {
    @Override
    protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
      return size() > MAX_LABELS;
    }
  }
}
