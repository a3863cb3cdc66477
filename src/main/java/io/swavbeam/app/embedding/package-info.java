/** {@code swav embed}, and who may write into a folder of embeddings. */
package io.swavbeam.app.embedding;
