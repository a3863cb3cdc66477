package io.swavbeam.model.inference;

/**
 * What the network says of one image.
 *
 * @param features of the backbone
 * @param projection of unit length
 * @param cluster the best prototype, from 0
 * @param clusterProbability softmax of scores / temperature at that prototype
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ImageEmbedding(
    float[] features, float[] projection, int cluster, float clusterProbability) {}
