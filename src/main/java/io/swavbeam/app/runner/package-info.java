/** Runs pipelines on the DirectRunner and on Flink, and reports their failures. */
package io.swavbeam.app.runner;
