/**
 * The trainer as a pipeline sees it: an endpoint that travels with the job, and a worker's
 * connection. Here is the one in the same process; {@code client} reaches one behind gRPC, which
 * {@code server} is, and {@code protocol} is what the two say.
 *
 * <p>Of Beam, nothing is needed here: endpoints are serialized with the job, and that is all.
 */
package io.swavbeam.pipelines.trainer;
