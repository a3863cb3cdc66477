package io.swavbeam.pipelines.run;

import java.time.Duration;
import java.util.List;

/** Where the images of an {@link EmbeddingRun} come from. */
public sealed interface ImageSource {
  /**
   * They are there.
   *
   * @param inputs files, folders, patterns and archives, by path or URI
   */
  record Archive(List<String> inputs) implements ImageSource {
    public Archive {
      inputs = List.copyOf(inputs);
    }

    @Override
    public String toString() {
      return String.join(", ", inputs);
    }
  }

  /**
   * They are in folders, or come to them.
   *
   * @param inputs folders, with all below them, or patterns
   * @param every how often to look, at least a millisecond
   * @param settle how long a file has to stay the same before it is taken
   */
  record Watched(List<String> inputs, Duration every, Duration settle) implements ImageSource {
    public Watched {
      inputs = List.copyOf(inputs);
    }

    @Override
    public String toString() {
      return "whatever comes to " + String.join(", ", inputs);
    }
  }

  /**
   * They come through a topic of Kafka.
   *
   * @param servers {@code host:port} and more of them after commas
   * @param holdsImages whether messages are images; else they are paths or URIs
   */
  record Topic(String servers, String topic, boolean holdsImages) implements ImageSource {
    @Override
    public String toString() {
      return "whatever comes through topic " + topic;
    }
  }

  /** Whether the images never end. */
  default boolean isEndless() {
    return !(this instanceof Archive);
  }
}
