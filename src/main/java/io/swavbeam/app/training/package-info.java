/** {@code swav train}, {@code trainer} and {@code export}. */
package io.swavbeam.app.training;
