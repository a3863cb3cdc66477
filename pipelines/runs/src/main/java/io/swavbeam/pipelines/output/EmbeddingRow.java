package io.swavbeam.pipelines.output;

import io.swavbeam.pipelines.embedding.Embedding;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The requested columns of a row of embeddings. */
final class EmbeddingRow {
  /** The position in rows of versions without positions. */
  static final long UNKNOWN_POSITION = -1;

  /** The columns of embeddings. */
  enum Column {
    SOURCE(true),
    POSITION(false),
    NAME(true),
    LABEL(false),
    EMBEDDING(true),
    PROJECTION(false),
    CLUSTER(false),
    CLUSTER_PROBABILITY(false),
    MODEL(true);

    /** All columns. */
    static final Set<Column> ALL = EnumSet.allOf(Column.class);

    /**
     * The columns that identify an image. Files of earlier versions have names instead of
     * positions.
     */
    static final Set<Column> KEYS = EnumSet.of(SOURCE, POSITION, NAME);

    /** Whether the column is required in each file, and a value in each row. */
    final boolean required;

    Column(boolean required) {
      this.required = required;
    }

    /** Returns the name of the column in files. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Nullable String source;
  long position = UNKNOWN_POSITION;
  @Nullable String name;
  @Nullable String label;
  float @Nullable [] embedding;
  float @Nullable [] projection;
  @Nullable Integer cluster;
  @Nullable Float clusterProbability;
  @Nullable String model;

  /** Returns the first required column without a value, or null. */
  @Nullable Column missing(Set<Column> columns) {
    for (Column column : columns) {
      if (column.required && isNull(column)) {
        return column;
      }
    }
    return null;
  }

  private boolean isNull(Column column) {
    return switch (column) {
      case SOURCE -> source == null;
      case NAME -> name == null;
      case EMBEDDING -> embedding == null || embedding.length == 0;
      case MODEL -> model == null;
      case POSITION, LABEL, PROJECTION, CLUSTER, CLUSTER_PROBABILITY -> false;
    };
  }

  /** Returns the embedding. All columns must have been read. */
  Embedding toEmbedding() {
    return new Embedding(
        source, position, name, label, embedding, projection, cluster, clusterProbability, model);
  }
}
