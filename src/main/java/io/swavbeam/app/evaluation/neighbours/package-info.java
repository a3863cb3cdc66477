/** Exact nearest neighbours by cosine similarity, and the k-NN classifier. */
package io.swavbeam.app.evaluation.neighbours;
