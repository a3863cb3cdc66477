/** {@code swav cluster}: a Flink cluster in processes of this machine. */
package io.swavbeam.app.cluster;
