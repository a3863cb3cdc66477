/**
 * The formats of archives, a class for each: how its files are recognised, walked and read again.
 *
 * <p>{@link io.swavbeam.pipelines.archive.format.Formats} finds them; nothing outside this package
 * depends on a certain one.
 */
@Internal
package io.swavbeam.pipelines.archive.format;

import org.apache.beam.sdk.annotations.Internal;
