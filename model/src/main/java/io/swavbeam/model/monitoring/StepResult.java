package io.swavbeam.model.monitoring;

/**
 * What a step measured, before its update.
 *
 * @param loss of the batch
 * @param gradientNorm of all gradients together, before clipping
 * @param codeEntropy mean entropy of the codes, in nats: ln K means that they say nothing
 * @param featureStandardDeviation standard deviation of the projections' components over the batch,
 *     times the root of their number: 1 where they are spread over the sphere, 0 where all are the
 *     same
 * @param clusters best prototype of each image in each code view
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record StepResult(
    float loss,
    float gradientNorm,
    float codeEntropy,
    float featureStandardDeviation,
    int[] clusters) {}
