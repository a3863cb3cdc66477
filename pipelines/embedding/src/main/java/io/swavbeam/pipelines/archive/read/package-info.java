/** Reads single images by their references. */
@Internal
package io.swavbeam.pipelines.archive.read;

import org.apache.beam.sdk.annotations.Internal;
