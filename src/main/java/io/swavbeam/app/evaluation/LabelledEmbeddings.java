package io.swavbeam.app.evaluation;

import io.swavbeam.pipelines.embedding.EmbeddingFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;

/**
 * Embeddings in memory, with what is needed to judge them.
 *
 * @param features one row an image
 * @param labels one an image
 */
public record LabelledEmbeddings(List<float[]> features, List<String> labels) {
  /** How many there are. */
  public int size() {
    return labels.size();
  }

  /** A set of embeddings in two parts. */
  public record Split(LabelledEmbeddings train, LabelledEmbeddings test) {}

  /** Divides rows by a hash of their names, so that the same ones are always held out. */
  public static final class Splitter {
    private final double share;
    private final LabelledEmbeddings train = empty();
    private final LabelledEmbeddings test = empty();

    /**
     * @param share to be held out, in [0, 1)
     */
    public Splitter(double share) {
      this.share = share;
    }

    public void add(String name, String label, float[] features) {
      LabelledEmbeddings part = hash(name) < share ? test : train;
      part.features.add(features);
      part.labels.add(label);
    }

    public Split result() {
      return new Split(train, test);
    }

    private static LabelledEmbeddings empty() {
      return new LabelledEmbeddings(new ArrayList<>(), new ArrayList<>());
    }
  }

  /**
   * Reads a folder of embeddings.
   *
   * @throws IOException in one line, where there are none, they have no labels, they come from
   *     several models or hold what is not a number
   */
  public static LabelledEmbeddings read(Path folder) throws IOException {
    return readAndHoldOut(folder, 0).train();
  }

  /**
   * Reads a folder of embeddings and holds out a part.
   *
   * @param share to be held out, in [0, 1)
   * @throws IOException as {@link #read}
   */
  public static Split readAndHoldOut(Path folder, double share) throws IOException {
    Splitter split = new Splitter(share);
    List<String> problems = new ArrayList<>();
    Set<String> models = new TreeSet<>();
    EmbeddingFiles.read(
        folder,
        embedding -> {
          models.add(embedding.model());
          if (embedding.label() == null) {
            problems.add("%s has no label".formatted(embedding.name()));
          } else if (!finite(embedding.embedding())) {
            problems.add("%s has an embedding that is not a number".formatted(embedding.name()));
          } else {
            split.add(embedding.name(), embedding.label(), embedding.embedding());
          }
        });
    if (models.size() > 1) {
      problems.add("they mix the models " + String.join(", ", models));
    }
    if (!problems.isEmpty()) {
      throw new IOException(
          "the embeddings in %s cannot be evaluated: %s (%,d such problems)"
              .formatted(folder, problems.get(0), problems.size()));
    }
    return split.result();
  }

  private static boolean finite(float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /** A number in [0, 1) that only the name decides. */
  static double hash(String name) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    return crc.getValue() / (double) (1L << Integer.SIZE);
  }
}
