package io.swavbeam.pipelines.run;

import java.time.Duration;
import java.util.List;

/** The source of the images of an {@link EmbeddingRun}. */
public sealed interface ImageSource {
  /**
   * Files that exist.
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
   * Folders that are watched for files.
   *
   * @param inputs folders, with everything below them, or patterns
   * @param every interval between two looks, at least a millisecond
   * @param settle time for which a file has to stay unchanged before it is read
   */
  record Watched(List<String> inputs, Duration every, Duration settle) implements ImageSource {
    public Watched {
      inputs = List.copyOf(inputs);
    }

    @Override
    public String toString() {
      return "images that are added to " + String.join(", ", inputs);
    }
  }

  /**
   * A topic of Kafka.
   *
   * @param servers {@code host:port}, several separated by commas
   * @param topic the topic
   * @param holdsImages whether messages are images; otherwise they are paths or URIs
   */
  record Topic(String servers, String topic, boolean holdsImages) implements ImageSource {
    @Override
    public String toString() {
      return "images of topic " + topic;
    }
  }

  /** Returns whether the images never end. */
  default boolean isEndless() {
    return !(this instanceof Archive);
  }
}
