package io.swavbeam.model.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * What happened in a step: a line of {@code metrics.jsonl}.
 *
 * @param step from 0
 * @param steps of the whole run
 * @param epoch passes over the images before this step, a fraction
 * @param loss before the update
 * @param gradientNorm before clipping
 * @param codeEntropy mean entropy of the codes, in nats
 * @param featureStandardDeviation spread of the projections: 1 over the sphere, 0 one point
 * @param prototypesUsed prototypes that were the best for any image lately
 * @param learningRate of the step
 * @param imagesPerSecond since the last line of the metrics, without the first step of a process
 * @param waiting share of that time in which the trainer waited for crops
 * @param secondsPerStep in that time
 */
@JsonPropertyOrder({"step", "steps", "epoch", "loss", "gradientNorm", "codeEntropy"})
public record StepReport(
    long step,
    long steps,
    double epoch,
    float loss,
    float gradientNorm,
    float codeEntropy,
    @JsonProperty("featureDeviation") float featureStandardDeviation, // as version 0.1 wrote it
    int prototypesUsed,
    double learningRate,
    double imagesPerSecond,
    double waiting,
    double secondsPerStep) {}
