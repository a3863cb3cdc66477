/**
 * Dead letters on disk: JSON lines of the entries that cannot be used, in the folder {@code
 * dead-letters}.
 */
@Internal
package io.swavbeam.pipelines.deadletter;

import org.apache.beam.sdk.annotations.Internal;
