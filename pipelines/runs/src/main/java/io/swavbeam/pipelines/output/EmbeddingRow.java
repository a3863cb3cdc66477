package io.swavbeam.pipelines.output;

import io.swavbeam.pipelines.embedding.Embedding;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Some columns of a row of embeddings, as they are read: those that were asked for. */
final class EmbeddingRow {
  /** Value of rows whose version had no positions. */
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

    /** All of them. */
    static final Set<Column> ALL = EnumSet.allOf(Column.class);

    /**
     * The columns that identify an image. Files of earlier versions have names in place of
     * positions.
     */
    static final Set<Column> KEYS = EnumSet.of(SOURCE, POSITION, NAME);

    /** Whether each file has it, and each row a value in it. */
    final boolean required;

    Column(boolean required) {
      this.required = required;
    }

    /** Its name in a file. */
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

  /** The column that is required and has no value, or null. */
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

  /** The embedding that all columns make. */
  Embedding toEmbedding() {
    return new Embedding(
        source, position, name, label, embedding, projection, cluster, clusterProbability, model);
  }
}
