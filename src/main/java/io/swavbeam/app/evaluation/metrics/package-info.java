/** Numbers about features and clusters, with and without labels. */
package io.swavbeam.app.evaluation.metrics;
