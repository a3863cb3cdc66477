/** Reads images, or references to images, from Kafka topics. */
package io.swavbeam.pipelines.kafka;
