/** Records by number in one file, of which nothing but what is asked for is in memory. */
@Internal
package io.swavbeam.pipelines.records;

import org.apache.beam.sdk.annotations.Internal;
