package io.swavbeam.app.evaluation.sample;

import io.swavbeam.app.command.Progress;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Embeddings of a folder in memory: all, or a part that is selected by a hash of their names. So
 * another model of the same images has the same part.
 *
 * @param rows the rows in the order of the files, without projections
 * @param of the number of rows in the folder
 * @param model the id of the model
 * @param prototypes the number of prototypes of the model, or null if it is unknown
 */
public record EmbeddingSample(
    List<Embedding> rows, long of, String model, @Nullable Integer prototypes) {
  private static final float[] LEFT_OUT = {};

  private record Numbered(long number, long rank, Embedding row) {}

  /**
   * Reads a folder.
   *
   * @param most the largest number of rows to hold
   * @throws IOException in one line, if there are none, they are of several models, or contain NaN
   */
  public static EmbeddingSample read(Folder folder, int most, Progress progress)
      throws IOException {
    List<Location> files = EmbeddingFiles.existing(folder);
    List<EmbeddingFiles.Summary> summaries = EmbeddingFiles.summaries(files);
    Reader reader = new Reader(folder, most, EmbeddingFiles.rows(summaries), progress);
    EmbeddingFiles.readFiles(files, reader::add);
    return reader.result(
        summaries.stream()
            .map(EmbeddingFiles.Summary::prototypes)
            .filter(Objects::nonNull)
            .findFirst()
            .orElse(null));
  }

  /** Returns the number of rows. */
  public int size() {
    return rows.size();
  }

  /** Returns the number of features. */
  public int dimensions() {
    return rows.get(0).embedding().length;
  }

  /** Returns the features of the rows. */
  public List<float[]> features() {
    return rows.stream().map(Embedding::embedding).toList();
  }

  /** Returns whether the model has prototypes, so that each row is in a cluster. */
  public boolean hasClusters() {
    return rows.stream().allMatch(row -> row.cluster() != null);
  }

  /** Returns the embeddings that have a label. */
  public List<Embedding> labelled() {
    return rows.stream().filter(row -> row.label() != null).toList();
  }

  /**
   * Selects some rows by the smallest hashes of their names, which are the same images for each
   * model.
   *
   * @return the indices in random order
   */
  public int[] some(int count) {
    return IntStream.range(0, size())
        .boxed()
        .sorted(Comparator.comparingLong(i -> rank(rows.get(i).name())))
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** A different hash than for held-out images, so that a sample contains some of these. */
  private static long rank(String name) {
    CRC32C crc = new CRC32C();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    return crc.getValue();
  }

  private static final class Reader {
    private final Folder folder;
    private final int most;
    private final long total;
    private final Progress progress;
    private final PriorityQueue<Numbered> kept =
        new PriorityQueue<>(Comparator.comparingLong(Numbered::rank).reversed());
    private Embedding first;
    private String notFinite;
    private long notFiniteRows;
    private Embedding other;
    private long count;

    Reader(Folder folder, int most, long total, Progress progress) {
      this.folder = folder;
      this.most = most;
      this.total = total;
      this.progress = progress;
    }

    void add(Embedding row) {
      first = first == null ? row : first;
      if (!row.model().equals(first.model())
          || row.embedding().length != first.embedding().length) {
        other = row;
      } else if (!finite(row.embedding())) {
        notFinite = row.name();
        notFiniteRows++;
      } else {
        keep(row);
      }
      progress.at("reading", ++count, total);
    }

    private void keep(Embedding row) {
      kept.add(new Numbered(count, rank(row.name()), lean(row)));
      if (kept.size() > most) {
        kept.remove();
      }
    }

    /** Returns a row without its projection, and with shared strings. */
    private Embedding lean(Embedding row) {
      return new Embedding(
          row.source().equals(first.source()) ? first.source() : row.source(),
          row.position(),
          row.name(),
          row.label() == null ? null : row.label().intern(),
          row.embedding(),
          LEFT_OUT,
          row.cluster(),
          row.clusterProbability(),
          first.model());
    }

    EmbeddingSample result(@Nullable Integer prototypes) throws IOException {
      if (first == null) {
        throw new IOException("%s holds files of embeddings, but none has a row".formatted(folder));
      }
      if (other != null) {
        if (other.model().equals(first.model())) {
          throw new IOException(
              "%s holds embeddings of %d and of %d features under the model id %s: embed %s and similar ones again"
                  .formatted(
                      folder,
                      first.embedding().length,
                      other.embedding().length,
                      first.model(),
                      other.name()));
        }
        throw new IOException(
            "%s holds embeddings of model %s with %d features and of %s with %d: give each model a folder of its own"
                .formatted(
                    folder,
                    first.model(),
                    first.embedding().length,
                    other.model(),
                    other.embedding().length));
      }
      if (notFinite != null) {
        throw new IOException(
            "%s holds %,d embeddings that are not finite, the last one of %s: embed these images again with a model that has not diverged"
                .formatted(folder, notFiniteRows, notFinite));
      }
      List<Embedding> rows = new ArrayList<>();
      kept.stream()
          .sorted(Comparator.comparingLong(Numbered::number))
          .forEach(numbered -> rows.add(numbered.row()));
      return new EmbeddingSample(rows, count, first.model(), prototypes);
    }

    private static boolean finite(float[] values) {
      for (float value : values) {
        if (!Float.isFinite(value)) {
          return false;
        }
      }
      return true;
    }
  }
}
