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
 * Pairs the images of an archive with the labels beside them, as WebDataset packs samples: {@code
 * 0001.cls} holds the class of {@code 0001.jpg}.
 *
 * <p>The label of an image is that of its key, which is its path without the extension; where there
 * is none, that of the key without one more dot and what follows, as in {@code 0001.left.jpg}. The
 * label may stand anywhere before the image, or behind it. Images whose label has not come yet wait
 * for it: the last {@value #MAX_WAITING} of them, or {@value #MAX_BYTES} bytes of those that are in
 * memory. A label that comes later than that is told as lost. The images are handed on in their
 * order.
 *
 * <p>A link to a label is a label of its own key, whichever of the two comes first.
 *
 * <p>For one archive, whose entries come in order.
 *
 * @param <T> an image, with whatever belongs to it
 */
final class SampleLabels<T> {
  private static final int MAX_LENGTH = 1 << 16;
  private static final int MAX_LABELS = 1 << 17;
  private static final int MAX_WAITING = 1 << 16;
  private static final int MAX_OF_A_SAMPLE = 8;

  /** The bytes of images that may wait in one archive. */
  static final long MAX_BYTES = 16 << 20;

  /** Receives the images, in their order, and what became of the labels. */
  interface Receiver<T> {
    /**
     * Called for each image.
     *
     * @param label beside it, or null
     */
    void image(T image, @Nullable String label);

    /**
     * Called for each label.
     *
     * @param lost why it is lost, in one line, or null if it is not
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
  // The links to labels that have not come yet, by the keys of those.
  private final Map<String, List<Member.Link>> links = new LinkedHashMap<>();
  // The keys of images that have been handed on without a label.
  private final Map<String, Boolean> without = new Latest<>();
  private final Deque<Waiting<T>> waiting = new ArrayDeque<>();
  private final Map<String, List<Waiting<T>>> waitingByKey = new HashMap<>();
  private long waitingBytes;

  SampleLabels(LabelSource source, Receiver<T> receiver) {
    this.source = source;
    this.receiver = receiver;
  }

  /** Whether an entry is the label of a sample. */
  boolean isLabel(String name) {
    return source.isLabel(name) && !Content.isLeftBehind(name);
  }

  /**
   * Takes a label; one that is empty, or in a file of more than 65,536 bytes, is none. One that
   * should be JSON and is not is lost.
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
          "no label can be read: it is no JSON from line %d, column %d"
              .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr()));
    }
  }

  /** Takes a link that is called as a label is. */
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
            ? "the label comes too late: its image stands more than %,d images, or %,d MB, before it"
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
   * Takes an image, which is handed on when its label is known or will not come.
   *
   * @param bytes of memory that it takes
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

  /** Hands on the images at the beginning that wait for nothing more. */
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
   * Hands on all images, and tells the links to labels that have not come.
   *
   * @param target returns where a link leads over other links
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
            "it is a link to %s, which is no .%s file of the archive with a label"
                .formatted(link.target(), source.extension()));
      } else {
        label(link.name(), label);
      }
    }
    flush();
  }

  /** Hands on all images. */
  void flush() {
    while (!waiting.isEmpty()) {
      handOnFirst();
    }
  }

  /** Returns the label of an image among those that have come, or null. */
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

  /** A path without {@code .} and {@code ..}, of composed letters. */
  private static String plain(String name) {
    String path =
        name.startsWith("/") || name.startsWith("./") || name.contains("/.") || name.contains("//")
            ? Postponed.plain(name)
            : name;
    return Normalizer.normalize(path, Normalizer.Form.NFC);
  }

  private static String withoutExtension(String name) {
    int dot = name.lastIndexOf('.');
    // A dot at the beginning of a name begins no extension.
    return dot > name.lastIndexOf('/') + 1 ? name.substring(0, dot) : name;
  }

  /** Returns the common path of a sample's files: up to the first dot of the name. */
  private static String sample(String name) {
    int dot = name.indexOf('.', name.lastIndexOf('/') + 2);
    return dot < 0 ? name : name.substring(0, dot);
  }

  /** A map of the latest {@value #MAX_LABELS} entries. */
  private static final class Latest<V> extends LinkedHashMap<String, V> {
    @Override
    protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
      return size() > MAX_LABELS;
    }
  }
}
