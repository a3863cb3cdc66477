package io.swavbeam.pipelines.output;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.kafka.MessageSource;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.beam.sdk.annotations.Internal;

/**
 * The topics of rows of version 0.2, whose sources contain no ids. They are attributed to the topic
 * that had the name when a later version first looked. The ids of that topic are in {@code
 * _swav/kafka/<topic>.json} in the folder.
 */
@Internal
public final class EarlierTopics {
  static final String FOLDER = "kafka";

  private final Folder folder;
  private final EmbeddingIndex index;
  private final Map<String, Boolean> known = new HashMap<>();

  /** The ids of a topic. */
  private record Ids(String cluster, String topic) {}

  /**
   * Creates the topics of a folder.
   *
   * @param folder the folder of embeddings
   * @param index the index of the folder
   */
  public EarlierTopics(Folder folder, EmbeddingIndex index) {
    this.folder = folder;
    this.index = index;
  }

  /** Returns the source of rows of version 0.2 of the same partition, if there are any. */
  Optional<String> source(String uri) {
    return MessageSource.parse(uri).filter(this::isEarlierUnchecked).map(MessageSource::earlierUri);
  }

  /** Returns the positions of rows of version 0.2 of some images. */
  EmbeddingIndex.Sources.Builder sources(List<? extends InputRef> images) {
    EmbeddingIndex.Sources.Builder sources = new EmbeddingIndex.Sources.Builder();
    for (InputRef image : images) {
      source(image.source())
          .ifPresent(source -> sources.add(source, image.position(), image.position()));
    }
    return sources;
  }

  private boolean isEarlierUnchecked(MessageSource source) {
    try {
      return isEarlier(source);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns whether the folder has rows of version 0.2 of this topic. If it has rows of a topic
   * with this name and no ids are stored yet, stores the ids of this topic.
   */
  public synchronized boolean isEarlier(MessageSource source) throws IOException {
    Boolean earlier = known.get(source.uri());
    if (earlier == null) {
      earlier = hasRows(source) && isNoted(source);
      known.put(source.uri(), earlier);
    }
    return earlier;
  }

  private boolean hasRows(MessageSource source) {
    EmbeddingIndex.Sources.Builder sources = new EmbeddingIndex.Sources.Builder();
    sources.add(source.earlierUri(), 0, Long.MAX_VALUE);
    return !index.mayHold(sources.build()).isEmpty();
  }

  private boolean isNoted(MessageSource source) throws IOException {
    Ids ids = new Ids(source.cluster(), source.topicId());
    Folder notes = folder.metadata().folder(FOLDER);
    Location note = notes.file(source.topic() + ".json");
    if (!Stores.exists(note)) {
      notes.write(note.name(), ConfigJson.write(ids));
    }
    return ids.equals(ConfigJson.read(Stores.text(note), Ids.class, note.uri()));
  }
}
