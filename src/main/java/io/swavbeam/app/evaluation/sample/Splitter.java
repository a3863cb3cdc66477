package io.swavbeam.app.evaluation.sample;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.zip.CRC32;

/** Divides rows by a hash of their names, so that the same ones are always held out. */
public final class Splitter {
  private final double share;
  private final LabelledEmbeddings train = empty();
  private final LabelledEmbeddings test = empty();

  /** A set of embeddings in two parts. */
  public record Split(LabelledEmbeddings train, LabelledEmbeddings test) {}

  /**
   * @param share to be held out, in [0, 1)
   */
  public Splitter(double share) {
    this.share = share;
  }

  /** Adds a row to the part that its name says. */
  public void add(String name, String label, float[] features) {
    LabelledEmbeddings part = hash(name) < share ? test : train;
    part.features().add(features);
    part.labels().add(label);
  }

  /** The two parts. */
  public Split result() {
    return new Split(train, test);
  }

  private static LabelledEmbeddings empty() {
    return new LabelledEmbeddings(new ArrayList<>(), new ArrayList<>());
  }

  /** A number in [0, 1) that only the name decides. */
  static double hash(String name) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    return crc.getValue() / (double) (1L << Integer.SIZE);
  }
}
