package io.swavbeam.pipelines.kafka;

import io.swavbeam.pipelines.schema.RecordSchema;
import java.io.Serializable;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * A partition of a Kafka topic as the source of messages. The positions of messages are their
 * offsets. A topic that was deleted and created again under the same name has another id. Topics of
 * other clusters have other ids, too.
 *
 * @param cluster the id of the cluster
 * @param topic the name of the topic
 * @param topicId the id of the topic
 * @param partition the number of the partition, from 0
 */
@Internal
@DefaultSchema(RecordSchema.class)
public record MessageSource(String cluster, String topic, String topicId, int partition)
    implements Serializable {
  /** The prefix of the URIs of topics. */
  public static final String SCHEME = "kafka://";

  private static final Pattern URI = Pattern.compile(SCHEME + "([^/]+)/([^/]+)/([^/]+)/(\\d{1,9})");

  /** Parses a URI; empty if it is not a partition. */
  public static Optional<MessageSource> parse(String uri) {
    Matcher matcher = URI.matcher(uri);
    return matcher.matches()
        ? Optional.of(
            new MessageSource(
                matcher.group(1),
                matcher.group(2),
                matcher.group(3),
                Integer.parseInt(matcher.group(4))))
        : Optional.empty();
  }

  /** Returns {@code kafka://<cluster id>/<topic>/<topic id>/<partition>}. */
  public String uri() {
    return "%s%s/%s/%s/%d".formatted(SCHEME, cluster, topic, topicId, partition);
  }

  /** Returns the URI of the partition in version 0.2, which had neither of the ids. */
  public String earlierUri() {
    return "%s%s/%d".formatted(SCHEME, topic, partition);
  }
}
