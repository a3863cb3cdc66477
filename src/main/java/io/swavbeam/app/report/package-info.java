/** {@code swav report}: an HTML file about embeddings and their run. */
package io.swavbeam.app.report;
