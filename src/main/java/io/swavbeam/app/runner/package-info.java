/** How pipelines are run, on the DirectRunner and on Flink, and how their failures are told. */
package io.swavbeam.app.runner;
