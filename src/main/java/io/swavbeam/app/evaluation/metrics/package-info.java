/** Statistics of features and clusters, with and without labels. */
package io.swavbeam.app.evaluation.metrics;
