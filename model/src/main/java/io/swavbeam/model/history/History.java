package io.swavbeam.model.history;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The history of a JSON format.
 *
 * <p>An object without a version number is of version 1. The differences are applied to objects of
 * any version, because each one leaves an object of its later version unchanged.
 *
 * @param version the current version; 0 for a format whose objects have no version number
 * @param upgrades the differences between the versions, in the order in which they are applied
 */
public record History(int version, List<Upgrade> upgrades) implements Upgrade {
  /** The key of the version number. */
  public static final String VERSION = "version";

  /** No earlier versions. */
  public static final History NONE = new History(0, List.of());

  /** Recipes, which users write too. */
  public static final History RECIPE =
      new History(
          0,
          List.of(
              new InSection("loss", new KeyRenamed("codeViews", "cropsForAssign")), // in 0.1
              new KeyAdded("microBatches", "1")));

  private static final Upgrade DECODE = new InSection("decoding", new KeyAdded("decode", "'full'"));

  /** {@code config.json} of a run. */
  public static final History RUN =
      new History(
          2,
          List.of(
              new InSection("recipe", RECIPE),
              new DecodingAdded(),
              new KeyAdded("init", "{'model': '', 'freezeBackboneSteps': 0}"),
              new KeyAdded("shuffle", "'fisher-yates'"),
              DECODE,
              new KeyAdded("content", "''")));

  /** {@code environment.json} of a run. */
  public static final History ENVIRONMENT =
      new History(2, List.of(new KeyAdded("arithmetic", "1")));

  /**
   * {@code swav.json} of a model. Version 1 had neither {@code network} nor {@code source}, which
   * may be missing in later versions too. Version 2 had sources without a prefix.
   */
  public static final History MODEL =
      new History(
          3,
          List.of(
              new KeyAdded("decoding", DecodingAdded.DECODING),
              DECODE,
              new InSection("source", new KeyAdded("prefix", "''"))));

  /**
   * {@code checkpoint.json} of a run. Early checkpoints have no number of dead letters: all dead
   * letters on disk belong to their steps.
   */
  public static final History CHECKPOINT =
      new History(1, List.of(new KeyAdded("deadLetters", Long.toString(Long.MAX_VALUE))));

  /** Notes of a manifest. */
  public static final History MANIFEST =
      new History(0, List.of(new KeyAdded("content", "''"), new KeyAdded("sources", "[]")));

  public History {
    upgrades = List.copyOf(upgrades);
  }

  @Override
  public void apply(ObjectNode json) {
    upgrades.forEach(upgrade -> upgrade.apply(json));
  }

  @Override
  public void undo(ObjectNode json) {
    List<Upgrade> latestFirst = new ArrayList<>(upgrades);
    Collections.reverse(latestFirst);
    latestFirst.forEach(upgrade -> upgrade.undo(json));
  }
}
