/**
 * Dead letters on disk: JSON lines of the entries that could not be used, in the folder {@code
 * dead-letters} of the embeddings.
 */
@Internal
package io.swavbeam.pipelines.deadletter;

import org.apache.beam.sdk.annotations.Internal;
