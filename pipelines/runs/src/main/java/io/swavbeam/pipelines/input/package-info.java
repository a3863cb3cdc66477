/** From what a user names to files: paths, folders, patterns. */
@Internal
package io.swavbeam.pipelines.input;

import org.apache.beam.sdk.annotations.Internal;
