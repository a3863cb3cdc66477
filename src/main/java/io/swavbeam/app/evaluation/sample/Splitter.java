package io.swavbeam.app.evaluation.sample;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.zip.CRC32;

/** A division of rows by a hash of their names, so that the same rows are always held out. */
public final class Splitter {
  private final double share;
  private final LabelledEmbeddings train = empty();
  private final LabelledEmbeddings test = empty();

  /** Embeddings in two parts. */
  public record Split(LabelledEmbeddings train, LabelledEmbeddings test) {}

  /**
   * @param share the fraction to hold out, in [0, 1)
   */
  public Splitter(double share) {
    this.share = share;
  }

  /** Adds a row to the part that its name determines. */
  public void add(String name, String label, float[] features) {
    LabelledEmbeddings part = hash(name) < share ? test : train;
    part.features().add(features);
    part.labels().add(label);
  }

  /** Returns the two parts. */
  public Split result() {
    return new Split(train, test);
  }

  private static LabelledEmbeddings empty() {
    return new LabelledEmbeddings(new ArrayList<>(), new ArrayList<>());
  }

  /** Returns a number in [0, 1) that depends only on the name. */
  static double hash(String name) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    return crc.getValue() / (double) (1L << Integer.SIZE);
  }
}
