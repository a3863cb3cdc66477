/**
 * Lists the entries of archives, with the same rules for all formats: labels, links, sidecars,
 * archives in archives, damage.
 */
@Internal
package io.swavbeam.pipelines.archive.walk;

import org.apache.beam.sdk.annotations.Internal;
