/** Reads the images of embeddings again, to show them. */
package io.swavbeam.app.images;
