package io.swavbeam.model.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * The metrics of a step: a line of {@code metrics.jsonl}.
 *
 * @param step the step, from 0
 * @param steps the number of steps of the run
 * @param epoch the number of passes over the images before this step, a fraction
 * @param loss the loss before the update
 * @param gradientNorm the norm of the gradients before clipping
 * @param codeEntropy the mean entropy of the codes, in nats
 * @param featureStandardDeviation the standard deviation of the projections: 1 if they are uniform
 *     on the sphere, 0 if all are equal
 * @param prototypesUsed the number of prototypes that were the nearest of an image recently
 * @param learningRate the learning rate of the step
 * @param imagesPerSecond the rate since the last line, without the first step of a process
 * @param waiting the fraction of that time in which the trainer waited for crops
 * @param secondsPerStep the duration of a step in that time
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
