package io.swavbeam.app.evaluation.neighbours;

import io.swavbeam.app.command.Progress;
import io.swavbeam.app.evaluation.sample.Nd4jArrays;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Exact nearest neighbours by cosine similarity. All similarities are computed, in blocks. Not
 * thread-safe.
 */
public final class NearestNeighbours implements AutoCloseable {
  private static final int ROWS = 8192;
  private static final int QUERIES = 256;

  private final List<INDArray> blocks = new ArrayList<>();
  private final List<float[]> rows;
  private final int size;

  /** Receives the results. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * Called for each query in order.
     *
     * @param query the index of the query
     * @param nearest the indices of the nearest rows, the nearest first; equal ones by index
     * @param similarities their cosine similarities
     */
    void visit(int query, int[] nearest, float[] similarities);
  }

  /**
   * @param rows the rows to search, at least one, of the same length; copied to native memory
   */
  public NearestNeighbours(List<float[]> rows) {
    this.rows = rows;
    size = rows.size();
    for (int begin = 0; begin < size; begin += ROWS) {
      blocks.add(unit(rows.subList(begin, Math.min(begin + ROWS, size))));
    }
  }

  /**
   * Searches the nearest rows.
   *
   * @param queries vectors of the same length as the rows
   * @param count the number of neighbours of each, at least 1; fewer if there are fewer rows
   */
  public void search(
      List<float[]> queries, int count, String stage, Progress progress, Visitor visitor) {
    for (int begin = 0; begin < queries.size(); begin += QUERIES) {
      int end = Math.min(begin + QUERIES, queries.size());
      Nearest[] found = new Nearest[end - begin];
      Arrays.setAll(found, i -> new Nearest(Math.min(count, size)));
      try (INDArray some = unit(queries.subList(begin, end))) {
        int first = 0;
        for (INDArray block : blocks) {
          try (INDArray similarities = Nd4j.gemm(some, block, false, true)) {
            collect(similarities, first, found);
          }
          first += block.rows();
        }
      }
      for (int i = 0; i < found.length; i++) {
        visitor.visit(begin + i, found[i].rows, found[i].similarities);
      }
      progress.at(stage, end, queries.size());
    }
  }

  /**
   * Searches the nearest other rows of some rows.
   *
   * @param queries the indices of these rows; there must be at least one other row
   * @param count the number of neighbours of each, at least 1; fewer if there are fewer other rows
   */
  public void searchOthers(
      int[] queries, int count, String stage, Progress progress, Visitor visitor) {
    search(
        IntStream.of(queries).mapToObj(rows::get).toList(),
        count + 1,
        stage,
        progress,
        (query, nearest, similarities) -> {
          int[] others =
              IntStream.range(0, nearest.length)
                  .filter(i -> nearest[i] != queries[query])
                  .limit(count)
                  .toArray();
          int[] rowsOfOthers = new int[others.length];
          float[] theirs = new float[others.length];
          for (int i = 0; i < others.length; i++) {
            rowsOfOthers[i] = nearest[others[i]];
            theirs[i] = similarities[others[i]];
          }
          visitor.visit(query, rowsOfOthers, theirs);
        });
  }

  private static void collect(INDArray similarities, int first, Nearest[] found) {
    float[] values = Nd4jArrays.floats(similarities);
    int rows = values.length / found.length;
    for (int i = 0; i < values.length; i++) {
      found[i / rows].offer(first + i % rows, values[i]);
    }
  }

  private static INDArray unit(List<float[]> rows) {
    float[][] unit = new float[rows.size()][];
    for (int i = 0; i < unit.length; i++) {
      float[] row = rows.get(i).clone();
      double square = 0;
      for (float value : row) {
        square += (double) value * value;
      }
      double scale = 1 / Math.max(Math.sqrt(square), 1e-12);
      for (int j = 0; j < row.length; j++) {
        row[j] = (float) (row[j] * scale);
      }
      unit[i] = row;
    }
    return Nd4j.create(unit);
  }

  @Override
  public void close() {
    blocks.forEach(INDArray::close);
  }

  /** The best results so far, in order. */
  private static final class Nearest {
    private final int[] rows;
    private final float[] similarities;
    private int count;

    Nearest(int capacity) {
      rows = new int[capacity];
      similarities = new float[capacity];
    }

    void offer(int row, float similarity) {
      boolean full = count == rows.length;
      if (full && similarity <= similarities[count - 1]) {
        return;
      }
      int place = place(similarity);
      int moved = (full ? count - 1 : count) - place;
      System.arraycopy(rows, place, rows, place + 1, moved);
      System.arraycopy(similarities, place, similarities, place + 1, moved);
      rows[place] = row;
      similarities[place] = similarity;
      count += full ? 0 : 1;
    }

    /** Returns the first index with a smaller similarity. */
    private int place(float similarity) {
      int low = 0;
      int high = count;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (similarities[middle] >= similarity) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }
  }
}
