package io.swavbeam.model.training;

/**
 * How a trainer works; none of it changes the result.
 *
 * @param window steps whose batch shards are kept, the one being applied included; at least 2
 * @param checkpointEvery steps between two checkpoints
 * @param keepCheckpoints how many of the newest checkpoints stay
 * @param keepEvery checkpoints whose step is a multiple of this stay too; 0 for none
 * @param logEvery steps between two lines of the metrics
 */
public record TrainerSettings(
    int window, int checkpointEvery, int keepCheckpoints, int keepEvery, int logEvery) {
  public static final TrainerSettings DEFAULT = new TrainerSettings(4, 100, 3, 0, 10);
}
