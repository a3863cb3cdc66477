package io.swavbeam.pipelines.kafka;

import io.swavbeam.pipelines.schema.RecordSchema;
import java.io.Serializable;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * A partition of a topic of Kafka, as the source of messages, whose positions are their offsets. A
 * topic that was deleted and made again under its name has another id, and so have topics of other
 * clusters.
 *
 * @param cluster id of the cluster
 * @param topic name of the topic
 * @param topicId id of the topic
 * @param partition number of the partition, from 0
 */
@Internal
@DefaultSchema(RecordSchema.class)
public record MessageSource(String cluster, String topic, String topicId, int partition)
    implements Serializable {
  /** How the URIs of all topics begin. */
  public static final String SCHEME = "kafka://";

  private static final Pattern URI = Pattern.compile(SCHEME + "([^/]+)/([^/]+)/([^/]+)/(\\d{1,9})");

  /** Returns the source of a URI, or nothing if it is something else. */
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

  /** Returns the URI that version 0.2 gave to the partition, which named neither of the ids. */
  public String earlierUri() {
    return "%s%s/%d".formatted(SCHEME, topic, partition);
  }
}
