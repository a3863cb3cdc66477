/** What tests of several packages use: the command, clusters, brokers, stores and archives. */
package io.swavbeam.app.testing;
