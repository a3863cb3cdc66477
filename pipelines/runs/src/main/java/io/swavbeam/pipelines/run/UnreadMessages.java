package io.swavbeam.pipelines.run;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.deadletter.DeadLetterFiles;
import io.swavbeam.pipelines.kafka.Brokers;
import io.swavbeam.pipelines.kafka.MessageSource;
import io.swavbeam.pipelines.output.EarlierTopics;
import io.swavbeam.pipelines.output.EmbeddingIndex;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Patience;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Messages that were deleted from a topic before they were read. */
final class UnreadMessages {
  private UnreadMessages() {}

  /** The number of deleted messages of a partition. */
  record Deleted(MessageSource partition, long messages) {}

  /**
   * Waits for the brokers, notes which topic earlier rows are of, and counts the messages that were
   * deleted since the last job.
   *
   * @param output folder of the embeddings
   * @param index of the folder
   * @throws IOException in one line, if there is no such topic
   */
  static List<Deleted> deleted(
      ImageSource.Topic topic, Patience patience, Folder output, EmbeddingIndex index)
      throws IOException {
    List<MessageSource> partitions = Brokers.partitions(topic.servers(), topic.topic(), patience);
    EarlierTopics topics = new EarlierTopics(output, index);
    List<Long> beginnings = Brokers.beginnings(topic.servers(), partitions);
    boolean anyRead = false;
    long[] next = new long[partitions.size()];
    for (int i = 0; i < next.length; i++) {
      next[i] = Math.max(nextRow(partitions.get(i), index, topics), 0);
      anyRead |= next[i] > 0;
    }
    List<Deleted> deleted = new ArrayList<>();
    for (int i = 0; anyRead && i < next.length; i++) {
      if (next[i] < beginnings.get(i)) {
        next[i] = Math.max(next[i], nextLetter(partitions.get(i), output));
      }
      if (next[i] < beginnings.get(i)) {
        deleted.add(new Deleted(partitions.get(i), beginnings.get(i) - next[i]));
      }
    }
    return deleted;
  }

  /** Returns the offset after the last message that has a row. */
  private static long nextRow(MessageSource partition, EmbeddingIndex index, EarlierTopics topics)
      throws IOException {
    OptionalLong last = index.lastPosition(partition.uri());
    if (topics.isEarlier(partition)) {
      OptionalLong earlier = index.lastPosition(partition.earlierUri());
      return Math.max(last.orElse(-1), earlier.orElse(-1)) + 1;
    }
    return last.orElse(-1) + 1;
  }

  /** Returns the offset after the last message that has a dead letter. */
  private static long nextLetter(MessageSource partition, Folder output) throws IOException {
    long[] next = new long[1];
    for (Location file : DeadLetterFiles.of(output).files(DeadLetterFiles.SUFFIX)) {
      DeadLetterFiles.read(
          file, letter -> next[0] = Math.max(next[0], nextOffset(letter, partition)));
    }
    return next[0];
  }

  private static long nextOffset(DeadLetter letter, MessageSource partition) {
    Long position = letter.position();
    return position == null || !letter.source().equals(partition.uri()) ? 0 : position + 1;
  }
}
