/** The {@code swav} command. */
package io.swavbeam.app;
