/** {@code swav train} and {@code swav trainer}. */
package io.swavbeam.app.training;
