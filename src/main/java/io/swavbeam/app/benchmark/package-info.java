/** {@code swav benchmark}: the speed of a machine, compared with its limits. */
package io.swavbeam.app.benchmark;
