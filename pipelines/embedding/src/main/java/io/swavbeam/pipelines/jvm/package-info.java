/** Instances and memory budgets that the threads of a process share. */
@Internal
package io.swavbeam.pipelines.jvm;

import org.apache.beam.sdk.annotations.Internal;
