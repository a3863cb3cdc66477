/** Files of records with access by number, without holding the records in memory. */
@Internal
package io.swavbeam.pipelines.records;

import org.apache.beam.sdk.annotations.Internal;
