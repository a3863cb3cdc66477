/**
 * The embedding of images in any pipeline: {@link io.swavbeam.pipelines.embedding.EmbedImages},
 * also for Beam's YAML and other languages.
 */
package io.swavbeam.pipelines.embedding;
