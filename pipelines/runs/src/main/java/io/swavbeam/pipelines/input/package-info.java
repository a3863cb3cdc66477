/** Finds input files from paths, folders and patterns. */
@Internal
package io.swavbeam.pipelines.input;

import org.apache.beam.sdk.annotations.Internal;
