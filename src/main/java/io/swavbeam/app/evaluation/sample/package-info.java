/** The evaluated embeddings: a sample of the rows, their classes, and the split. */
package io.swavbeam.app.evaluation.sample;
