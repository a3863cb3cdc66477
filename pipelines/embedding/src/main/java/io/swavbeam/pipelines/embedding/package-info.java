/**
 * Embeddings in any pipeline: {@link io.swavbeam.pipelines.embedding.EmbedImages}, and the same for
 * Beam's YAML and other languages.
 */
package io.swavbeam.pipelines.embedding;
