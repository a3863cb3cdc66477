/**
 * The trainer from the point of view of a pipeline: an endpoint that is serialized with the job,
 * and connections of workers. This package has the trainer in the same process. {@code client} and
 * {@code server} connect processes over gRPC with the messages of {@code protocol}.
 *
 * <p>Beam is not used here except for serialization.
 */
package io.swavbeam.pipelines.trainer;
