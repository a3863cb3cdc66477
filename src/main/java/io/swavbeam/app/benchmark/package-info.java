/** {@code swav benchmark}: what a machine does, beside its limit. */
package io.swavbeam.app.benchmark;
