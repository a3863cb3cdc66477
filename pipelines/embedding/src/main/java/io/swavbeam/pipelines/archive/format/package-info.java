/**
 * Archive formats. The class of a format knows how to recognise files, how to list their entries,
 * and how to read an entry again.
 *
 * <p>{@link io.swavbeam.pipelines.archive.format.Formats} finds the classes. Nothing outside this
 * package depends on a particular format.
 */
@Internal
package io.swavbeam.pipelines.archive.format;

import org.apache.beam.sdk.annotations.Internal;
