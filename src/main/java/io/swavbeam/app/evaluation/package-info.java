/**
 * {@code swav evaluate}: reads a sample of embeddings, splits it, and evaluates it by k-NN, a
 * linear probe and the clusters. Computed with ND4J and checked against scikit-learn.
 */
package io.swavbeam.app.evaluation;
