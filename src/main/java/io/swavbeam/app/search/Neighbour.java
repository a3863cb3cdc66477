package io.swavbeam.app.search;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An image that was found.
 *
 * @param similarity cosine of the features, in [-1, 1]
 * @param source URI of the file that holds it
 * @param name path inside the archive, or of the file
 * @param label class of the image, or null
 */
public record Neighbour(double similarity, String source, String name, @Nullable String label) {}
