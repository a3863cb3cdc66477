/**
 * {@code swav evaluate}: metrics with and without labels, in ND4J, checked against scikit-learn.
 */
package io.swavbeam.app.evaluation;
