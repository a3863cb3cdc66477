package io.swavbeam.pipelines.embedding;

import io.swavbeam.pipelines.schema.RecordSchema;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Objects;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The embedding of one image: one row of the output. Its schema in Beam has the columns of the
 * Parquet files: {@code source}, {@code position}, {@code name}, {@code label}, {@code embedding},
 * {@code projection}, {@code cluster}, {@code cluster_probability}, {@code model}.
 *
 * @param source what the image is an entry of: the path or URI of a file, or an archive in it;
 *     empty where only the image's bytes were given
 * @param position of the entry in its source: unique with it
 * @param name path inside the archive, or of the file below the folder that was given
 * @param label class of the image, or null
 * @param embedding the backbone's features, {@code [featureDim]}
 * @param projection of unit length, {@code [projectionDim]}; null where the model has no head
 * @param cluster the best prototype, from 0; null where the model has none
 * @param clusterProbability softmax of scores / temperature at that prototype, in (0, 1]
 * @param model id of the run and the step
 */
@DefaultSchema(RecordSchema.class)
@SuppressWarnings("ArrayRecordComponent") // equal by their numbers
public record Embedding(
    String source,
    long position,
    String name,
    @Nullable String label,
    float[] embedding,
    float @Nullable [] projection,
    @Nullable Integer cluster,
    @Nullable Float clusterProbability,
    String model)
    implements Serializable {
  /** Returns whether all values are equal, including those of arrays. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Embedding that
        && source.equals(that.source)
        && position == that.position
        && name.equals(that.name)
        && Objects.equals(label, that.label)
        && Arrays.equals(embedding, that.embedding)
        && Arrays.equals(projection, that.projection)
        && Objects.equals(cluster, that.cluster)
        && Objects.equals(clusterProbability, that.clusterProbability)
        && model.equals(that.model);
  }

  @Override
  public int hashCode() {
    return Objects.hash(source, position, name, model, Arrays.hashCode(embedding));
  }
}
