/**
 * Instances that all threads of a process share, and limits on the memory that they take together.
 */
@Internal
package io.swavbeam.pipelines.jvm;

import org.apache.beam.sdk.annotations.Internal;
