/** Utilities of the tests: the command, clusters, brokers, stores and archives. */
package io.swavbeam.app.testing;
