/** Exact nearest neighbours by cosine, and the classifier that asks them. */
package io.swavbeam.app.evaluation.neighbours;
