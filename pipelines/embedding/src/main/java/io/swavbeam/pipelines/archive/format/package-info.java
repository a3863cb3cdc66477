/**
 * Archive formats. The class of a format recognises files, lists their entries, and reads an entry
 * again.
 *
 * <p>{@link io.swavbeam.pipelines.archive.format.Formats} finds the classes. Nothing outside this
 * package depends on a particular format.
 */
@Internal
package io.swavbeam.pipelines.archive.format;

import org.apache.beam.sdk.annotations.Internal;
