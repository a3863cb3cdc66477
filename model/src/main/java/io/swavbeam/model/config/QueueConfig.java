package io.swavbeam.model.config;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.io.Serializable;

/**
 * The feature queue: projections of earlier images that take part in computing the codes, so that a
 * small batch can use all prototypes equally.
 *
 * @param queueLength number of projections for each view that codes are computed from, a multiple
 *     of the batch size; 0 for no queue
 * @param queueStartEpoch epoch from which the queue is filled; it is used when it is full
 */
public record QueueConfig(
    @JsonPropertyDescription(
            "Number of projections of earlier images in the queue; 0 for no queue.")
        int queueLength,
    @JsonPropertyDescription("Epoch from which the queue is filled.") long queueStartEpoch)
    implements Serializable {
  public QueueConfig {
    ConfigCheck.that(
        queueLength >= 0, "queue.queueLength must not be negative, but is %s", queueLength);
    ConfigCheck.that(
        queueStartEpoch >= 0,
        "queue.queueStartEpoch must not be negative, but is %s",
        queueStartEpoch);
  }
}
