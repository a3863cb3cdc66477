/**
 * The history of the JSON formats: what each earlier version of the software wrote otherwise.
 * {@link io.swavbeam.model.history.History} lists the formats, and {@link
 * io.swavbeam.model.config.ConfigJson} reads and writes them.
 *
 * <p>This package knows JSON, and none of the records that are made of it: the records only know
 * the current version.
 */
package io.swavbeam.model.history;
