/** {@code swav report}: one HTML file with all that is known of embeddings and their run. */
package io.swavbeam.app.report;
