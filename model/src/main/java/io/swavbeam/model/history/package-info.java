/**
 * The history of the JSON formats: the differences of each earlier version. {@link
 * io.swavbeam.model.history.History} lists the formats, and {@link
 * io.swavbeam.model.config.ConfigJson} reads and writes them.
 *
 * <p>This package only processes JSON. The records have only the current version.
 */
package io.swavbeam.model.history;
