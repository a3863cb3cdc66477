/**
 * A trainer in this process or behind gRPC: server, client, protocol, security.
 *
 * <p>Of Beam, nothing is needed here: the endpoints are serialized with the job, and that is all.
 */
package io.swavbeam.pipelines.trainer;
