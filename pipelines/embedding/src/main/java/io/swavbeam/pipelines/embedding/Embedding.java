package io.swavbeam.pipelines.embedding;

import io.swavbeam.pipelines.schema.RecordSchema;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Objects;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The embedding of one image: one row of the output. Its Beam schema has the columns of the Parquet
 * files: {@code source}, {@code position}, {@code name}, {@code label}, {@code embedding}, {@code
 * projection}, {@code cluster}, {@code cluster_probability}, {@code model}.
 *
 * @param source the path or URI of the file that contains the image, or an archive in it; empty if
 *     only the bytes of the image were given
 * @param position the position of the entry in its source; unique within the source
 * @param name the path inside the archive, or the path of the file below the input folder
 * @param label the class of the image, or null
 * @param embedding the features of the backbone, {@code [featureDim]}
 * @param projection the projection with unit norm, {@code [projectionDim]}; null if the model has
 *     no head
 * @param cluster the index of the nearest prototype, from 0; null if the model has no prototypes
 * @param clusterProbability the softmax of scores / temperature at that prototype, in (0, 1]
 * @param model the id of the model
 */
@DefaultSchema(RecordSchema.class)
@SuppressWarnings("ArrayRecordComponent") // arrays are compared by value
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
