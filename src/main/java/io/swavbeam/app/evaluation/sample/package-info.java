/** The embeddings that are judged: a sample of the rows, their classes, and how they are split. */
package io.swavbeam.app.evaluation.sample;
