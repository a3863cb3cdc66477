/**
 * {@code swav evaluate}: reads a sample, splits it, and judges it by neighbours, a linear probe and
 * the clusters; in ND4J, checked against scikit-learn.
 */
package io.swavbeam.app.evaluation;
