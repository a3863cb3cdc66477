/**
 * Dead letters on disk: JSON lines of the entries that could not be used, in the folder {@code
 * dead-letters} of the embeddings.
 */
package io.swavbeam.pipelines.deadletter;
