/** Images that come through a topic of Kafka. */
package io.swavbeam.pipelines.kafka;
