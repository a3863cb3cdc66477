/** {@code swav demo}: a drawn archive, from training to the report. */
package io.swavbeam.app.demo;
