package io.swavbeam.model.monitoring;

/**
 * The measurements of a step, before its update.
 *
 * @param loss loss of the batch
 * @param gradientNorm L2 norm of all gradients together, before clipping
 * @param codeEntropy mean entropy of the codes, in nats; ln K if they carry no information
 * @param featureStandardDeviation standard deviation of the components of the projections over the
 *     batch, times the square root of their number: 1 if they are spread over the sphere, 0 if all
 *     are equal
 * @param clusters nearest prototype of each image, for each view that codes are computed from
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record StepResult(
    float loss,
    float gradientNorm,
    float codeEntropy,
    float featureStandardDeviation,
    int[] clusters) {}
