package io.swavbeam.pipelines.embedding;

import java.io.Serializable;
import org.apache.beam.sdk.coders.DefaultCoder;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The embedding of one image: one row of the output.
 *
 * @param source URI of the file that holds the image
 * @param name path inside the archive, or of the file below the folder that was given
 * @param label class of the image, or null
 * @param embedding the backbone's features
 * @param projection of unit length
 * @param cluster the best prototype, from 0
 * @param clusterProbability softmax of scores / temperature at that prototype, in (0, 1]
 * @param model id of the run and the step
 */
@DefaultCoder(EmbeddingCoder.class)
@SuppressWarnings("ArrayRecordComponent") // compared by their coder only
public record Embedding(
    String source,
    long position,
    String name,
    @Nullable String label,
    float[] embedding,
    float @Nullable [] projection,
    @Nullable Integer cluster,
    @Nullable Float clusterProbability,
    String model)
    implements Serializable {}
