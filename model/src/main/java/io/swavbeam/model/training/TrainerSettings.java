package io.swavbeam.model.training;

/**
 * Settings of a trainer that do not change the trained model.
 *
 * @param window steps whose batch shards are held, including the current one; at least 2
 * @param checkpointEvery steps between two checkpoints, at least 1
 * @param keepCheckpoints number of newest checkpoints that are kept, at least 1
 * @param keepEvery checkpoints whose step is a multiple of this are kept, too; 0 for none
 * @param logEvery steps between two lines of the metrics, at least 1
 */
public record TrainerSettings(
    int window, int checkpointEvery, int keepCheckpoints, int keepEvery, int logEvery) {
  public static final TrainerSettings DEFAULT = new TrainerSettings(4, 100, 3, 0, 10);

  public TrainerSettings {
    if (window < 2 || checkpointEvery < 1 || keepCheckpoints < 1 || keepEvery < 0 || logEvery < 1) {
      throw new IllegalArgumentException(
          "window must be at least 2, checkpointEvery, keepCheckpoints and logEvery at least 1, and"
              + " keepEvery at least 0");
    }
  }
}
