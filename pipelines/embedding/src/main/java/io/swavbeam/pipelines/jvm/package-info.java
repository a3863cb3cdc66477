/** What all threads of a process share: instances that are counted, and budgets of memory. */
@Internal
package io.swavbeam.pipelines.jvm;

import org.apache.beam.sdk.annotations.Internal;
